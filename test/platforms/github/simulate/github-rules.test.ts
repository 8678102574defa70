/** What GitHub documents about cancelling, groups, events made by steps, re-runs and matrices, one case each. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { RootEvent } from "../../../../src/simulation/scenario.ts";
import type { Trace } from "../../../../src/simulation/trace.ts";
import { conclusions, ended, fails, job, push, scenario, simulatorOf } from "./fixtures.ts";

const first = { choose: () => 0 };
const started = (trace: Trace) => trace.runs.map(({ pipeline, event }) => `${pipeline.slice(18)} ${event}`).sort();
const echo = "{ runs-on: x, steps: [{ run: echo }] }";

test("a merged pull request is on the branch it was merged into; others are on their merge branch", () => {
  const simulator = simulatorOf({
    "pr.yml": `
on: { pull_request: { types: [opened, closed] }, pull_request_target: }
jobs:
  base: { if: github.ref == 'refs/heads/main', runs-on: x, steps: [{ run: echo }] }
  merge: { if: "startsWith(github.ref, 'refs/pull/')", runs-on: x, steps: [{ run: echo }] }`,
  });
  const request = (action: string, merged: boolean): RootEvent => ({
    ...{ id: "p", kind: "pull-request", base: "main", head: "topic", outsider: true, paths: "every", commit: "c" },
    ...{ action, merged },
  });
  const of = (event: RootEvent) => {
    const trace = simulator.simulate(scenario([event]), first);
    return [...started(trace), ...ended(trace)];
  };
  // `pull_request_target` lists no types: closed is not among its own.
  assert.deepEqual(of(request("closed", true)), ["pr.yml pull_request", "pr.yml#base success"]);
  assert.deepEqual(of(request("closed", false)), ["pr.yml pull_request", "pr.yml#merge success"]);
  assert.deepEqual(of(request("opened", false)).slice(0, 2), ["pr.yml pull_request", "pr.yml pull_request_target"]);
});

test("workflow_run without types listens to requested, in_progress and completed", () => {
  const simulator = simulatorOf({
    "a.yml": `name: A\non: push\njobs: { a: ${echo} }`,
    "b.yml": `on: { workflow_run: { workflows: [A] } }\njobs: { a: ${echo} }`,
  });
  const trace = simulator.simulate(scenario([push("p")]), first);
  assert.equal(started(trace).filter((run) => run === "b.yml workflow_run").length, 3);
});

test("a run that is started again is in progress and completed once more, but not requested", () => {
  const simulator = simulatorOf({
    "a.yml": `name: A\non: push\njobs: { a: ${echo} }`,
    "b.yml": `on: { workflow_run: { workflows: [A] } }\njobs: { a: ${echo} }`,
  });
  const again: RootEvent = { id: "again", kind: "rerun", of: { pipeline: ".github/workflows/a.yml" } };
  const trace = simulator.simulate(scenario([push("p"), again]), first);
  const listening = trace.runs.filter(({ event }) => event === "workflow_run");
  assert.deepEqual(listening.map(({ root }) => root).sort(), ["again", "again", "p", "p", "p"]);
});

test("a dispatch that a script makes needs every required input and knows its options; a person is asked", () => {
  const script = (extra: string) => `
on: push
jobs: { a: { runs-on: x, steps: [{ run: "gh workflow run b.yml ${extra}", env: { GH_TOKEN: "\${{ github.token }}" } }] } }`;
  const target = `
on: { workflow_dispatch: { inputs: { to: { required: true, type: choice, options: [dev, prod] } } } }
jobs: { prod: { if: inputs.to == 'prod', runs-on: x, steps: [{ run: echo }] } }`;
  const refusal = (extra: string) => {
    const trace = simulatorOf({ "a.yml": script(extra), "b.yml": target }).simulate(scenario([push("p")]), first);
    const refused = trace.entries.find(({ kind }) => kind === "not-started");
    return refused?.kind === "not-started" ? refused.reason : ended(trace).at(-1);
  };
  assert.equal(refusal(""), "the input to is required");
  assert.equal(refusal("-f to=test"), "the input to has no option test");
  assert.equal(refusal("-f to=prod -f more=1"), "it has no input more");
  assert.equal(refusal("-f to=prod"), "b.yml#prod success");
  const byHand: RootEvent = {
    id: "d",
    kind: "dispatch",
    pipeline: ".github/workflows/b.yml",
    branch: "main",
    inputs: {},
  };
  const asked = simulatorOf({ "b.yml": target }).simulate(scenario([byHand]), first);
  assert.deepEqual(ended(asked), ["b.yml#prod success"], "an unknown value counts as the scenario says");
});

test("a push with the default token starts nothing, with another token it does, and [skip ci] stops it", () => {
  const pushing = (token: string, message: string) =>
    simulatorOf({
      "a.yml": `
on: { push: { tags: [v1] } }
jobs:
  a:
    runs-on: x
    steps:
      - { uses: actions/checkout@v4, with: { token: "\${{ ${token} }}" } }
      - { run: "git commit -m '${message}' && git push origin HEAD:main" }`,
      "b.yml": `on: { push: { branches: [main] } }\njobs: { a: ${echo} }`,
    }).simulate(scenario([push("p", { ref: { kind: "tag", name: "v1" } })]), first);
  assert.deepEqual(started(pushing("github.token", "x")), ["a.yml push"]);
  const made = pushing("secrets.PAT", "x");
  assert.deepEqual(started(made), ["a.yml push", "b.yml push"]);
  assert.equal(made.runs[1]!.ref, "main");
  assert.equal(made.runs[1]!.root, "p");
  assert.deepEqual(made.runs[1]!.cause, { kind: "run", run: 0 });
  assert.deepEqual(started(pushing("secrets.PAT", "[skip ci] x")), ["a.yml push"]);
});

test("a group that a run holds is never given to its own jobs, nor that of a caller to what it calls", () => {
  const own = simulatorOf({
    "a.yml": `on: push\nconcurrency: g\njobs: { a: { concurrency: G, runs-on: x, steps: [{ run: echo }] } }`,
  }).simulate(scenario([push("p")]), first);
  assert.deepEqual([...ended(own), ...conclusions(own)], ["a.yml#a cancelled", "cancelled"]);
  const called = simulatorOf({
    "a.yml": `name: A\non: push\nconcurrency: \${{ github.workflow }}\njobs: { a: { uses: ./.github/workflows/b.yml } }`,
    "b.yml": `name: B\non: workflow_call\nconcurrency: \${{ github.workflow }}\njobs: { b: ${echo} }`,
  }).simulate(scenario([push("p")]), first);
  assert.deepEqual([...ended(called), ...conclusions(called)], ["a.yml#a cancelled", "cancelled"]);
});

test("a called workflow's own group reads its inputs", () => {
  const simulator = simulatorOf({
    "a.yml": `
on: push
jobs:
  dev: { uses: ./.github/workflows/b.yml, with: { to: dev } }
  prod: { uses: ./.github/workflows/b.yml, with: { to: prod } }`,
    "b.yml": `
on: { workflow_call: { inputs: { to: { type: string } } } }
concurrency: deploy-\${{ inputs.to }}
jobs: { b: ${echo} }`,
  });
  const overlap = [
    { kind: "job-started", job: job("a.yml", "dev/b") },
    { kind: "job-started", job: job("a.yml", "prod/b") },
    { kind: "job-ended", job: job("a.yml", "dev/b") },
  ] as const;
  assert.equal(simulator.replay(scenario([push("p")]), overlap).kind, "possible");
});

test("two runs that wait for each other's groups are given up in the end", () => {
  const file = (run: string, inner: string) =>
    `on: push\nconcurrency: ${run}\njobs: { a: { concurrency: ${inner}, runs-on: x, steps: [{ run: echo }] } }`;
  const simulator = simulatorOf({ "a.yml": file("g1", "g2"), "b.yml": file("g2", "g1") });
  const run = (name: string) => ({ pipeline: `.github/workflows/${name}` });
  const stuck = simulator.replay(scenario([push("p")]), [
    { kind: "run-created", run: run("a.yml") },
    { kind: "run-created", run: run("b.yml") },
    { kind: "queued", run: run("a.yml"), path: ["a"] },
    { kind: "queued", run: run("b.yml"), path: ["a"] },
  ]);
  assert.equal(stuck.kind, "possible");
  assert.equal(conclusions(stuck.trace).length, 2);
});

test("a cancelled run: always() and cancelled() still run, cleaning steps too, everything else ends", () => {
  const simulator = simulatorOf({
    "a.yml": `
on: push
jobs:
  build: { runs-on: x, steps: [{ run: one }, { run: two }, { run: clean, if: always() }, { run: told, if: cancelled() }] }
  after: { needs: build, runs-on: x, steps: [{ run: echo }] }
  report: { needs: build, if: always(), runs-on: x, steps: [{ run: echo }] }
  undo: { needs: build, if: cancelled(), runs-on: x, steps: [{ run: echo }] }
  unless: { needs: build, if: "!cancelled()", runs-on: x, steps: [{ run: echo }] }`,
  });
  const stop: RootEvent = { id: "stop", kind: "cancel", of: { pipeline: ".github/workflows/a.yml" } };
  const replay = simulator.replay(scenario([push("p"), stop]), [
    { kind: "step", job: job("a.yml", "build"), step: 0 },
    { kind: "event", event: "stop" },
  ]);
  const { trace } = replay;
  const steps = trace.entries.flatMap((entry) =>
    entry.kind === "step" && entry.path[0] === "build" ? [entry.step] : [],
  );
  assert.deepEqual(steps, [0, 2, 3]);
  assert.deepEqual(ended(trace).sort(), [
    "a.yml#after cancelled",
    "a.yml#build cancelled",
    "a.yml#report success",
    "a.yml#undo success",
    "a.yml#unless cancelled",
  ]);
  assert.deepEqual(conclusions(trace), ["cancelled"]);
});

test("a job cancelled alone skips those behind it, but cancelled() asks about the run", () => {
  const simulator = simulatorOf({
    "a.yml": `
on: push
jobs:
  build: ${echo}
  after: { needs: build, runs-on: x, steps: [{ run: echo }] }
  failed: { needs: build, if: failure(), runs-on: x, steps: [{ run: echo }] }
  unless: { needs: build, if: "!failure() && !cancelled()", runs-on: x, steps: [{ run: echo }] }
  told: { needs: build, if: always() && needs.build.result == 'cancelled', runs-on: x, steps: [{ run: echo }] }`,
  });
  const outcomes = [{ job: job("a.yml", "build"), outcome: "cancelled" as const }];
  const trace = simulator.simulate(scenario([push("p")], { outcomes }), first);
  assert.deepEqual(ended(trace).sort(), ["a.yml#build cancelled", "a.yml#told success", "a.yml#unless success"]);
  assert.deepEqual(conclusions(trace), ["cancelled"]);
});

test("a forgiven failure reads as success behind it; the step's outcome tells, its conclusion does not", () => {
  const simulator = simulatorOf({
    "a.yml": `
on: push
jobs:
  lint: { continue-on-error: true, runs-on: x, steps: [{ run: echo }] }
  after: { needs: lint, if: needs.lint.result == 'success', runs-on: x, steps: [{ run: echo }] }
  alarm: { needs: lint, if: failure(), runs-on: x, steps: [{ run: echo }] }
  soft:
    runs-on: x
    steps:
      - { id: try, run: echo, continue-on-error: true }
      - { run: echo, if: steps.try.outcome == 'failure' }
      - { run: echo, if: steps.try.conclusion == 'failure' }
      - { run: echo, if: failure() }`,
  });
  const outcomes = [fails("a.yml", "lint"), { ...fails("a.yml", "soft"), step: 0 }];
  const trace = simulator.simulate(scenario([push("p")], { outcomes }), first);
  assert.deepEqual(ended(trace).sort(), ["a.yml#after success", "a.yml#lint failure", "a.yml#soft success"]);
  assert.deepEqual(conclusions(trace), ["success"]);
  const steps = trace.entries.flatMap((entry) =>
    entry.kind === "step" && entry.path[0] === "soft" ? [entry.step] : [],
  );
  assert.deepEqual(steps, [0, 1]);
});

test("a person who refuses an environment fails its job before it starts, and its group is held until then", () => {
  const simulator = simulatorOf({
    "a.yml": `on: push\njobs: { d: { environment: prod, concurrency: g, runs-on: x, steps: [{ run: echo }] } }`,
    "b.yml": `on: push\njobs: { d: { concurrency: g, runs-on: x, steps: [{ run: echo }] } }`,
  });
  const outcomes = [{ job: job("a.yml", "d"), outcome: "rejected" as const }];
  const given = scenario([push("p")], { outcomes });
  const never = simulator.replay(given, [{ kind: "job-started", job: job("a.yml", "d") }]);
  assert.equal(never.kind, "impossible");
  const waits = simulator.replay(given, [{ kind: "queued", run: job("b.yml", "d").run, path: ["d"] }]);
  assert.equal(waits.kind, "possible");
  assert.deepEqual(ended(waits.trace), ["a.yml#d failure", "b.yml#d success"]);
});

test("an earlier run is run again once it has ended: the same run, another attempt", () => {
  const simulator = simulatorOf({
    "a.yml": `
on: push
jobs:
  first: { if: github.run_attempt == 1 && github.run_id == '1000', runs-on: x, steps: [{ run: echo }] }
  again: { if: github.run_attempt == 2 && github.run_id == '1000', runs-on: x, steps: [{ run: echo }] }`,
  });
  const again: RootEvent = { id: "again", kind: "rerun", of: { pipeline: ".github/workflows/a.yml" } };
  const trace = simulator.simulate(scenario([push("p"), again]), first);
  assert.deepEqual(ended(trace), ["a.yml#first success", "a.yml#again success"]);
  assert.deepEqual(
    trace.runs.map(({ root, commit }) => [root, commit]),
    [
      ["p", "commit of p"],
      ["again", "commit of p"],
    ],
  );
});

test("a matrix that outputs make has its legs when its turn comes; one without any fails", () => {
  const simulator = simulatorOf({
    "a.yml": `
on: push
jobs:
  plan: { runs-on: x, outputs: { list: "\${{ steps.p.outputs.list }}" }, steps: [{ id: p, run: echo }] }
  each: { needs: plan, strategy: { matrix: { app: "\${{ fromJSON(needs.plan.outputs.list) }}" } }, runs-on: x, steps: [{ run: echo, if: matrix.app == 'web' }] }`,
  });
  const legs = (list: string) => {
    const outputs = [{ job: job("a.yml", "plan"), step: "p", values: { list } }];
    const trace = simulator.simulate(scenario([push("p")], { outputs }), first);
    return trace.entries.flatMap((entry) => {
      if (entry.kind === "step" && entry.path[0] === "each") return [`step of ${entry.leg}`];
      return entry.kind === "job-ended" && entry.path[0] === "each" ? [`${entry.leg} ${entry.conclusion}`] : [];
    });
  };
  assert.deepEqual(legs('["api","web"]'), ["0 success", "step of 1", "1 success"]);
  assert.deepEqual(legs("[]"), ["0 failure"]);
});

test("jobs of a workflow that a matrix calls are told apart by their leg", () => {
  const simulator = simulatorOf({
    "a.yml": "on: push\njobs: { each: { strategy: { matrix: { v: [1, 2] } }, uses: ./.github/workflows/b.yml } }",
    "b.yml": `on: workflow_call\njobs: { b: { strategy: { matrix: { w: [1, 2] } }, runs-on: x, steps: [{ run: echo }] } }`,
  });
  const trace = simulator.simulate(scenario([push("p")]), first);
  const legs = trace.entries.flatMap((entry) =>
    entry.kind === "job-started" && entry.path.length === 2 ? [entry.leg] : [],
  );
  assert.deepEqual(legs.sort(), [0, 1, 2, 3]);
});

test("a called workflow has the secrets that it is given", () => {
  const called = (secrets: string) =>
    simulatorOf({
      "a.yml": `on: push\njobs: { a: { uses: ./.github/workflows/b.yml${secrets} } }`,
      "b.yml": `
on: { workflow_call: { secrets: { key: {} } } }
env: { KEY: "\${{ secrets.key }}" }
jobs: { b: { runs-on: x, steps: [{ run: echo, if: env.KEY == '' }] } }`,
    }).simulate(scenario([push("p")]), first);
  const without = (trace: Trace) => trace.entries.some(({ kind }) => kind === "step");
  assert.equal(without(called("")), true);
  assert.equal(without(called(", secrets: { key: k }")), false);
});
