import assert from "node:assert/strict";
import { test } from "node:test";
import type { Moment } from "../../../../src/simulation/schedule.ts";
import { job, push, scenario, simulatorOf } from "./fixtures.ts";

const file = (more: string, step = "true") =>
  `${more}\non: { push: { branches: [main] } }\njobs:\n  a:\n    runs-on: x\n    steps: [{ run: '${step}' }]\n`;

/** Two hundred that have nothing to do with each other, and the given ones. */
function manyWith(files: Record<string, string>) {
  const others = Array.from({ length: 200 }, (_, i) => [`other-${i}.yml`, file(`name: Other ${i}`)] as const);
  return simulatorOf({ ...Object.fromEntries(others), ...files });
}

const about = (...names: string[]) => new Set(names.map((name) => `.github/workflows/${name}`));
const ends = (name: string): Moment => ({ kind: "job-ended", job: job(name, "a") });

function runsOf(simulator: ReturnType<typeof simulatorOf>, schedule: readonly Moment[], ...names: string[]): string[] {
  const replay = simulator.replay(scenario([push("p")]), schedule, about(...names));
  assert.equal(replay.kind, "possible");
  return replay.trace.runs.map(({ pipeline }) => pipeline.replace(".github/workflows/", ""));
}

test("of a large repository only what a claim can depend on is carried out", () => {
  const simulator = manyWith({ "deploy.yml": file("name: Deploy") });
  assert.deepEqual(runsOf(simulator, [ends("deploy.yml")], "deploy.yml"), ["deploy.yml"]);
});

test("what starts it, shares a group with it, or makes events stays", () => {
  const simulator = manyWith({
    "ci.yml": file("name: CI"),
    "deploy.yml":
      "name: Deploy\non: { workflow_run: { workflows: [CI], types: [completed] } }\nconcurrency: live-site\njobs:\n  a:\n    runs-on: x\n    steps: [{ run: 'true' }]\n",
    "site.yml": file("name: Site\nconcurrency: LIVE-site"),
    "apart.yml": file("name: Apart\nconcurrency: other-site"),
    "tag.yml": file("name: Tag", "git push --tags"),
  });
  const runs = runsOf(simulator, [ends("deploy.yml")], "deploy.yml");
  assert.deepEqual([...runs].sort(), ["ci.yml", "deploy.yml", "site.yml", "tag.yml"]);
});

test("a workflow far down the list of a large repository can be reached", () => {
  const simulator = manyWith({ "z.yml": file("name: Z") });
  assert.deepEqual(runsOf(simulator, [ends("other-99.yml"), ends("z.yml")], "other-99.yml", "z.yml").sort(), [
    "other-99.yml",
    "z.yml",
  ]);
});

test("jobs that need each other in a circle never start", () => {
  const circle =
    "on: push\njobs:\n  a:\n    needs: [b]\n    runs-on: x\n    steps: [{ run: 'true' }]\n  b:\n    needs: [a]\n    runs-on: x\n    steps: [{ run: 'true' }]\n";
  const replay = simulatorOf({ "a.yml": circle }).replay(scenario([push("p")]), [
    { kind: "job-started", job: job("a.yml", "a") },
  ]);
  assert.equal(replay.kind, "impossible");
});
