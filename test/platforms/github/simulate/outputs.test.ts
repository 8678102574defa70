import assert from "node:assert/strict";
import { test } from "node:test";
import type { OutputRule } from "../../../../src/simulation/scenario.ts";
import { ended, fails, job, push, scenario, simulatorOf } from "./fixtures.ts";
import { randomScheduler } from "./random-scheduler.ts";

const files = {
  "main.yml": `
on: push
jobs:
  plan:
    runs-on: x
    outputs: { web: "\${{ steps.diff.outputs.web }}", fixed: 'yes' }
    steps: [{ id: diff, run: echo }]
  web: { needs: plan, if: needs.plan.outputs.web == 'true', runs-on: x, steps: [{ run: echo }] }
  fixed: { needs: plan, if: needs.plan.outputs.fixed == 'yes', runs-on: x, steps: [{ run: echo }] }
  undeclared: { needs: plan, if: needs.plan.outputs.other, runs-on: x, steps: [{ run: echo }] }
  build: { needs: plan, uses: ./.github/workflows/build.yml }
  use: { needs: build, if: needs.build.outputs.made == 'web', runs-on: x, steps: [{ run: echo }] }`,
  "build.yml": `
on: { workflow_call: { outputs: { made: { value: "\${{ jobs.one.outputs.made }}" } } } }
jobs:
  one: { runs-on: x, outputs: { made: "\${{ steps.s.outputs.name }}" }, steps: [{ id: s, run: echo }] }`,
};

const ran = (outputs: OutputRule[], failing: string[] = []) => {
  const given = scenario([push("p")], {
    outputs,
    unknownConditions: "fail",
    outcomes: failing.map((path) => fails("main.yml", path)),
  });
  return ended(simulatorOf(files).simulate(given, randomScheduler(1)))
    .map((line) => line.slice("main.yml#".length))
    .filter((line) => line.endsWith(" success"))
    .map((line) => line.split(" ")[0]!)
    .sort();
};

const always = ["build", "build/one", "fixed", "plan"];

test("outputs that nobody tells are unknown; declared literals are not, and undeclared ones are empty", () => {
  assert.deepEqual(ran([]), always);
});

test("the scenario gives outputs of steps, jobs and called workflows", () => {
  const plan = job("main.yml", "plan");
  assert.deepEqual(ran([{ job: plan, step: "diff", values: { web: "true" } }]), [...always, "web"].sort());
  assert.deepEqual(ran([{ job: plan, step: "diff", values: { web: "false" } }]), always);
  assert.deepEqual(ran([{ job: plan, values: { web: "true" } }]), [...always, "web"].sort());
  const one = job("main.yml", "build/one");
  assert.deepEqual(ran([{ job: one, step: "s", values: { name: "web" } }]), [...always, "use"].sort());
  assert.deepEqual(ran([{ job: one, values: { made: "web" } }]), [...always, "use"].sort());
  assert.deepEqual(ran([{ job: job("main.yml", "build"), values: { made: "web" } }]), [...always, "use"].sort());
});

test("a job that failed hands on nothing that is certain", () => {
  assert.deepEqual(ran([{ job: job("main.yml", "plan"), values: { web: "true" } }], ["plan"]), []);
});
