/** What steps find: revisions by their ref and the moment, artifacts by their run. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { RootEvent } from "../../../../src/simulation/scenario.ts";
import type { Schedule } from "../../../../src/simulation/schedule.ts";
import type { Replay } from "../../../../src/simulation/simulator.ts";
import type { Found } from "../../../../src/simulation/trace.ts";
import { job, push, scenario, simulatorOf } from "./fixtures.ts";

const file = (name: string) => `.github/workflows/${name}`;

/** What the job's steps find in the run of this event, commits by name and artifacts by the file that made them. */
function foundBy(replay: Replay, name: string, event: string): string[] {
  assert.equal(replay.kind, "possible", replay.kind === "impossible" ? replay.reason : "");
  const { entries, runs } = replay.trace;
  const say = (found: Found) => {
    if (found.of === "source") return `${found.commit}${found.outsider ? " of an outsider" : ""}`;
    if (found.from === undefined) return "nothing";
    return `${runs[found.from]!.pipeline.replace(/^.*\//, "")} of ${runs[found.from]!.root}`;
  };
  return entries.flatMap((entry) => {
    if (entry.kind !== "read") return [];
    const run = runs[entry.run]!;
    return run.pipeline === file(name) && run.root === event ? [say(entry.found)] : [];
  });
}

const ci = "name: CI\non: [push, pull_request]\njobs: { t: { runs-on: x, steps: [{ run: echo }] } }";
const after = "on: { workflow_run: { workflows: [CI], types: [completed] } }";
const pull = (outsider: boolean): RootEvent =>
  ({
    ...{ kind: "pull-request", id: "pr", base: "main", head: "topic", action: "opened", merged: false },
    ...{ outsider, paths: "every", commit: "p1" },
  }) as RootEvent;

test("a checkout takes the default branch, the given commit, or the tip of a branch as it is then", () => {
  const simulator = simulatorOf({
    "ci.yml": ci,
    "cd.yml": `${after}
jobs:
  d:
    runs-on: x
    steps:
      - uses: actions/checkout@v4
      - { uses: actions/checkout@v4, with: { ref: "\${{ github.event.workflow_run.head_sha }}" } }
      - { uses: actions/checkout@v4, with: { ref: "\${{ github.event.workflow_run.head_branch }}" } }
      - { uses: actions/checkout@v4, with: { ref: "\${{ vars.ONLY_THE_RUN_KNOWS }}" } }`,
  });
  const run = (event: string) => ({ pipeline: file("ci.yml"), event });
  const between: Schedule = [
    { kind: "run-created", run: run("a") },
    { kind: "event", event: "b" },
    { kind: "run-ended", run: run("a") },
    { kind: "job-ended", job: job("cd.yml", "d", "a") },
  ];
  const events = [push("a", { commit: "A" }), push("b", { commit: "B" })];
  assert.deepEqual(foundBy(simulator.replay(scenario(events), between), "cd.yml", "a"), ["B", "A", "B"]);
  const later = simulator.replay(scenario(events), [
    { kind: "job-ended", job: job("cd.yml", "d", "a") },
    { kind: "event", event: "b" },
  ]);
  assert.deepEqual(foundBy(later, "cd.yml", "a"), ["A", "A", "A"]);
});

test("code of a fork is told from that of the repository, however it is asked for", () => {
  const simulator = simulatorOf({
    "pr.yml": `on: pull_request_target
jobs:
  d:
    runs-on: x
    steps:
      - uses: actions/checkout@v4
      - { uses: actions/checkout@v4, with: { ref: "\${{ github.event.pull_request.head.sha }}" } }
      - { uses: actions/checkout@v4, with: { ref: "refs/pull/\${{ github.event.number }}/merge" } }
      - uses: actions/checkout@v4
        with:
          repository: \${{ github.event.pull_request.head.repo.full_name }}
          ref: \${{ github.event.pull_request.head.ref }}
      - { uses: actions/checkout@v4, with: { repository: somebody/else } }`,
  });
  const replay = simulator.replay(scenario([pull(true)]), [{ kind: "job-ended", job: job("pr.yml", "d") }]);
  assert.deepEqual(foundBy(replay, "pr.yml", "pr"), [
    "tip of main",
    "p1 of an outsider",
    "merge of p1 of an outsider",
    "p1 of an outsider",
  ]);
});

const upload = `{ uses: actions/upload-artifact@v4, with: { name: "web-\${{ github.ref_name }}", path: dist } }`;
const build = (on: string) => `name: CI\non: ${on}\njobs: { b: { runs-on: x, steps: [${upload}] } }`;

test("an artifact is found in its own run only, unless the run is named", () => {
  const simulator = simulatorOf({
    "ci.yml": build("push"),
    "cd.yml": `${after}
jobs:
  d:
    runs-on: x
    steps:
      - { uses: actions/download-artifact@v4, with: { name: web-main } }
      - uses: actions/download-artifact@v4
        with: { name: web-main, run-id: "\${{ github.event.workflow_run.id }}" }
      - uses: actions/download-artifact@v4
        with: { name: web-other, run-id: "\${{ github.event.workflow_run.id }}" }
      - uses: actions/download-artifact@v4
        with: { name: web-main, run-id: "\${{ github.event.workflow_run.workflow_id }}" }`,
  });
  const replay = simulator.replay(scenario([push("a")]), [{ kind: "job-ended", job: job("cd.yml", "d") }]);
  assert.deepEqual(foundBy(replay, "cd.yml", "a"), ["nothing", "ci.yml of a", "nothing", "nothing"]);
});

test("the newest artifact is that of whoever ended last, on the branch where one is named", () => {
  const newest = (more: string) => `{ uses: dawidd6/action-download-artifact@v6, with: { workflow: ci.yml${more} } }`;
  const simulator = simulatorOf({
    "ci.yml": build("push"),
    "cd.yml": `on: workflow_dispatch\njobs: { d: { runs-on: x, steps: [${newest("")}, ${newest(", branch: main")}] } }`,
  });
  const topic = push("b", { ref: { kind: "branch", name: "topic" } });
  const ended = (event: string) => ({ kind: "run-ended", run: { pipeline: file("ci.yml"), event } }) as const;
  const dispatch: RootEvent = { kind: "dispatch", id: "d", pipeline: file("cd.yml"), branch: "main", inputs: {} };
  const replay = simulator.replay(scenario([push("a"), topic, dispatch]), [
    ended("a"),
    ended("b"),
    { kind: "job-ended", job: job("cd.yml", "d") },
  ]);
  assert.deepEqual(foundBy(replay, "cd.yml", "d"), ["ci.yml of b", "ci.yml of a"]);
});

test("what has expired is gone", () => {
  const simulator = simulatorOf({
    "ci.yml": build("push"),
    "cd.yml": `on: { workflow_dispatch: { inputs: { run: { required: true } } } }
jobs:
  d:
    runs-on: x
    steps: [{ uses: actions/download-artifact@v4, with: { name: web-main, run-id: "\${{ inputs.run }}" } }]`,
  });
  const made = { pipeline: file("ci.yml"), event: "a" };
  const promote: RootEvent = {
    ...{ kind: "dispatch", id: "d", pipeline: file("cd.yml"), branch: "main" },
    ...{ inputs: {}, runInputs: { run: made } },
  } as RootEvent;
  const schedule: Schedule = [
    { kind: "run-ended", run: made },
    { kind: "job-ended", job: job("cd.yml", "d") },
  ];
  const intime = simulator.replay(scenario([push("a"), promote]), schedule);
  assert.deepEqual(foundBy(intime, "cd.yml", "d"), ["ci.yml of a"]);
  const late = simulator.replay(scenario([push("a"), { kind: "expiry", id: "e", of: made }, promote]), schedule);
  assert.deepEqual(foundBy(late, "cd.yml", "d"), ["nothing"]);
});

test("what an event with the default token, or a dispatch that cannot be taken, fails to start is told", () => {
  const simulator = simulatorOf({
    "release.yml": `on: push
permissions: { contents: write }
jobs:
  r:
    runs-on: x
    steps:
      - uses: actions/checkout@v4
      - run: git tag v1 && git push origin v1
      - { run: gh workflow run tag.yml, env: { GH_TOKEN: "\${{ github.token }}" } }
      - { run: gh workflow run gone.yml, env: { GH_TOKEN: "\${{ github.token }}" } }`,
    "tag.yml": `on: { push: { tags: ["v*"] } }\njobs: { a: { runs-on: x, steps: [{ run: echo }] } }`,
  });
  const replay = simulator.replay(scenario([push("a")]), [{ kind: "job-ended", job: job("release.yml", "r") }]);
  const refused = replay.trace.entries.flatMap((entry) =>
    entry.kind === "not-started" && entry.cause !== "a" ? [`${entry.pipeline}: ${entry.reason}`] : [],
  );
  assert.deepEqual(refused, [
    `${file("tag.yml")}: an event made with the default token starts nothing`,
    "gone.yml: no workflow has this name",
    `${file("tag.yml")}: it has no workflow_dispatch trigger`,
  ]);
  assert.deepEqual(
    replay.trace.runs.map(({ pipeline }) => pipeline),
    [file("release.yml")],
  );
});

test("a workflow that the default branch does not have listens to nobody", () => {
  const simulator = simulatorOf({
    "ci.yml": ci,
    "cd.yml": `${after}\njobs: { a: { runs-on: x, steps: [{ run: echo }] } }`,
  });
  const schedule: Schedule = [{ kind: "run-ended", run: { pipeline: file("ci.yml") } }];
  const pipelines = (notOnDefaultBranch: readonly string[]) =>
    simulator
      .replay(scenario([push("a")], { notOnDefaultBranch }), schedule)
      .trace.runs.map(({ pipeline }) => pipeline);
  assert.deepEqual(pipelines([]), [file("ci.yml"), file("cd.yml")]);
  assert.deepEqual(pipelines([file("cd.yml")]), [file("ci.yml")]);
});
