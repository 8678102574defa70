import assert from "node:assert/strict";
import { test } from "node:test";
import type { RootEvent } from "../../../../src/simulation/scenario.ts";
import { conclusions, ended, fails, job, push, scenario, simulatorOf } from "./fixtures.ts";
import { randomScheduler } from "./random-scheduler.ts";

const echo = "{ runs-on: x, steps: [{ run: echo }] }";

test("jobs run after what they need; a failed need skips those behind it, however far", () => {
  const simulator = simulatorOf({
    "ci.yml": `
on: push
jobs:
  a: ${echo}
  b: { needs: a, runs-on: x, steps: [{ run: echo }] }
  c: { needs: b, runs-on: x, steps: [{ run: echo }] }
  report: { needs: c, if: always(), runs-on: x, steps: [{ run: echo }] }
  last: { needs: report, runs-on: x, steps: [{ run: echo }] }`,
  });
  const good = simulator.simulate(scenario([push("p")]), randomScheduler(1));
  assert.deepEqual(ended(good), [
    "ci.yml#a success",
    "ci.yml#b success",
    "ci.yml#c success",
    "ci.yml#report success",
    "ci.yml#last success",
  ]);
  const bad = simulator.simulate(scenario([push("p")], { outcomes: [fails("ci.yml", "a")] }), randomScheduler(1));
  assert.deepEqual(ended(bad), ["ci.yml#a failure", "ci.yml#report success"], "success() asks every ancestor");
  assert.deepEqual(conclusions(bad), ["failure"]);
});

test("filters: branches, tags and paths of a push", () => {
  const simulator = simulatorOf({
    "branch.yml": `on: { push: { branches: [main], paths: ["src/**", "!src/docs/**"] } }\njobs: { a: ${echo} }`,
    "tag.yml": `on: { push: { tags: ["v*"] } }\njobs: { a: ${echo} }`,
    "every.yml": `on: push\njobs: { a: ${echo} }`,
  });
  const started = (event: RootEvent) =>
    simulator
      .simulate(scenario([event]), randomScheduler(1))
      .runs.map(({ pipeline }) => pipeline.slice(18))
      .sort();
  assert.deepEqual(started(push("p", { paths: ["src/a.ts"] })), ["branch.yml", "every.yml"]);
  assert.deepEqual(started(push("p", { paths: ["src/docs/a.md"] })), ["every.yml"]);
  assert.deepEqual(started(push("p", { ref: { kind: "branch", name: "other" } })), ["every.yml"]);
  assert.deepEqual(started(push("p", { ref: { kind: "tag", name: "v1" } })), ["every.yml", "tag.yml"]);
});

test("workflow_run follows any conclusion, on the default branch, three levels deep", () => {
  const chain = (after: string, name: string) =>
    `name: ${name}\non: { workflow_run: { workflows: [${after}], types: [completed] } }\njobs: { a: ${echo} }`;
  const simulator = simulatorOf({
    "a.yml": `name: A\non: push\njobs: { a: ${echo} }`,
    "b.yml": chain("A", "B"),
    "c.yml": chain("B", "C"),
    "d.yml": chain("C", "D"),
    "e.yml": chain("D", "E"),
  });
  const event = push("p", { ref: { kind: "branch", name: "feature" } });
  const trace = simulator.simulate(scenario([event], { outcomes: [fails("a.yml", "a")] }), randomScheduler(3));
  assert.deepEqual(
    trace.runs.map(({ pipeline, ref, depth }) => [pipeline.slice(18), ref, depth]),
    [
      ["a.yml", "feature", 0],
      ["b.yml", "main", 1],
      ["c.yml", "main", 2],
      ["d.yml", "main", 3],
    ],
  );
  assert.ok(trace.entries.some((entry) => entry.kind === "not-started" && entry.pipeline.endsWith("e.yml")));
});

test("a guard on the conclusion holds; on a push it compares with null", () => {
  const simulator = simulatorOf({
    "ci.yml": `name: CI\non: push\njobs: { a: ${echo} }`,
    "cd.yml": `
on: { push: , workflow_run: { workflows: [CI], types: [completed] } }
jobs:
  strict: { if: github.event.workflow_run.conclusion == 'success', runs-on: x, steps: [{ run: echo }] }
  weak: { if: github.event.workflow_run.conclusion != 'failure', runs-on: x, steps: [{ run: echo }] }`,
  });
  const trace = simulator.simulate(scenario([push("p")], { outcomes: [fails("ci.yml", "a")] }), randomScheduler(1));
  assert.deepEqual(ended(trace).sort(), ["cd.yml#weak success", "ci.yml#a failure"]);
});

test("one waits for a group, a third takes its place; queue: max keeps all", () => {
  const file = (extra: string) => `
on: push
concurrency: { group: Deploy${extra} }
jobs: { a: ${echo} }`;
  const events = [push("1"), push("2"), push("3")];
  const all = ["event", "event", "event"] as const;
  const schedule = all.map((kind, i) => ({ kind, event: `${i + 1}` }));
  const single = simulatorOf({ "deploy.yml": file("") }).replay(scenario(events), schedule);
  assert.equal(single.kind, "possible");
  assert.deepEqual(conclusions(single.trace), ["cancelled", "success", "success"]);
  assert.equal(single.trace.entries.filter(({ kind }) => kind === "dropped").length, 1);
  const max = simulatorOf({ "deploy.yml": file(", queue: max") }).replay(scenario(events), schedule);
  assert.deepEqual(conclusions(max.trace), ["success", "success", "success"]);
  const cancelling = simulatorOf({ "deploy.yml": file(", cancel-in-progress: true") }).replay(
    scenario(events),
    schedule,
  );
  assert.deepEqual(conclusions(cancelling.trace), ["cancelled", "cancelled", "success"]);
});

test("groups are shared by all workflows, regardless of case, and a caller's name is the called workflow's", () => {
  const simulator = simulatorOf({
    "one.yml": `on: push\njobs: { d: { concurrency: PROD, runs-on: x, steps: [{ run: echo }] } }`,
    "two.yml": `on: push\njobs: { d: { concurrency: prod, runs-on: x, steps: [{ run: echo }] } }`,
  });
  for (let seed = 0; seed < 50; seed++) {
    const trace = simulator.simulate(scenario([push("p")]), randomScheduler(seed));
    let running = 0;
    for (const entry of trace.entries) {
      if (entry.kind === "job-started") running++;
      if (entry.kind === "job-ended") running--;
      assert.ok(running <= 1);
    }
  }
});

test("called workflows run inside the caller; their failure is the calling job's", () => {
  const simulator = simulatorOf({
    "main.yml": `
on: push
jobs:
  build: { uses: ./.github/workflows/build.yml, with: { deploy: true } }
  after: { needs: build, runs-on: x, steps: [{ run: echo }] }`,
    "build.yml": `
on: { workflow_call: { inputs: { deploy: { type: boolean } } } }
jobs:
  compile: ${echo}
  deploy: { needs: compile, if: inputs.deploy, runs-on: x, steps: [{ run: echo }] }
  other: { needs: compile, if: "!inputs.deploy", runs-on: x, steps: [{ run: echo }] }`,
  });
  const good = simulator.simulate(scenario([push("p")]), randomScheduler(1));
  assert.deepEqual(ended(good), [
    "main.yml#build/compile success",
    "main.yml#build/deploy success",
    "main.yml#build success",
    "main.yml#after success",
  ]);
  const bad = simulator.simulate(
    scenario([push("p")], { outcomes: [fails("main.yml", "build/compile")] }),
    randomScheduler(1),
  );
  assert.deepEqual(ended(bad), ["main.yml#build/compile failure", "main.yml#build failure"]);
});

test("matrix: a leg that fails cancels its siblings, unless fail-fast is off or the failure is forgiven", () => {
  const matrix = (extra: string) => `
on: push
jobs:
  test:
    runs-on: x
    ${extra}
    strategy: { max-parallel: 1, matrix: { v: [1, 2] } }
    steps: [{ run: echo }]
  deploy: { needs: test, runs-on: x, steps: [{ run: echo }] }`;
  const outcomes = [{ job: { ...job("ci.yml", "test"), leg: 0 }, outcome: "failure" as const }];
  const run = (extra: string) =>
    ended(simulatorOf({ "ci.yml": matrix(extra) }).simulate(scenario([push("p")], { outcomes }), { choose: () => 0 }));
  assert.deepEqual(run(""), ["ci.yml#test failure", "ci.yml#test cancelled"]);
  assert.deepEqual(run("continue-on-error: true"), [
    "ci.yml#test failure",
    "ci.yml#test success",
    "ci.yml#deploy success",
  ]);
});

test("replay holds back what is not ordered, and says when the order forbids it", () => {
  const simulator = simulatorOf({
    "infra.yml": `on: push\njobs: { apply: { runs-on: x, steps: [{ run: one }, { run: two }] } }`,
    "web.yml": `on: push\njobs: { build: ${echo}, deploy: { needs: build, runs-on: x, steps: [{ run: echo }] } }`,
  });
  const race = simulator.replay(scenario([push("p")]), [
    { kind: "job-started", job: job("infra.yml", "apply") },
    { kind: "job-ended", job: job("web.yml", "deploy") },
    { kind: "step", job: job("infra.yml", "apply"), step: 1 },
  ]);
  assert.equal(race.kind, "possible");
  const ordered = simulator.replay(scenario([push("p")]), [
    { kind: "job-started", job: job("web.yml", "deploy") },
    { kind: "job-ended", job: job("web.yml", "build") },
  ]);
  assert.equal(ordered.kind, "impossible");
});
