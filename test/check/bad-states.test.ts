/**
 * What ends a claim: for each kind of bad state the traces that show it and, beside them, traces that are nearly the same
 * and must be refuted. Without those, a schedule that implies the bad state would let `reaches` answer anything.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Analysis, sameRoot } from "../../src/check/analysis/analysis.ts";
import { isReplayed, reaches } from "../../src/check/replay.ts";
import type { Conclusion } from "../../src/facts/facts.ts";
import { githubFacts } from "../../src/platforms/github/facts/github-facts.ts";
import { readTexts } from "../../src/platforms/github/read/repository.ts";
import type { BadState } from "../../src/simulation/claim.ts";
import type { JobPattern, RunPattern } from "../../src/simulation/scenario.ts";
import type { Simulator } from "../../src/simulation/simulator.ts";
import type { Found, Trace, TraceEntry, TraceRun } from "../../src/simulation/trace.ts";

type Entry = TraceEntry extends infer Each ? (Each extends TraceEntry ? Omit<Each, "at"> : never) : never;

const run = (id: number, pipeline: string, upstream?: number, more: Partial<TraceRun> = {}): TraceRun => ({
  id,
  pipeline,
  event: "push",
  cause: upstream === undefined ? { kind: "event", event: "push" } : { kind: "run", run: upstream },
  root: "push",
  commit: "c1",
  ref: "main",
  depth: 0,
  head: "c1",
  name: pipeline,
  after: undefined,
  ...more,
});

/** Two runs that the push starts, and one that the end of the first starts. */
const runs = [run(0, "ci"), run(1, "docs"), run(2, "cd", 0)];
const [ci, docs, cd] = [0, 1, 2];
const scenario = { events: [], outcomes: [], choices: [], defaultBranch: "main", unknownConditions: "hold" } as const;

const traceOf = (entries: readonly Entry[], all: readonly TraceRun[] = runs): Trace => ({
  scenario,
  runs: all,
  entries: entries.map((entry, at) => ({ ...entry, at }) as TraceEntry),
});

const of = (pipeline: string): RunPattern => ({ pipeline, event: "push" });
const job = (pipeline: string, name: string): JobPattern => ({ run: of(pipeline), path: [name] });
const test_ = job("ci", "test");
const deploy = job("cd", "deploy");

const at = (run: number, name: string) => ({ run, path: [name], leg: 0 });
const start = (run: number, name: string): Entry => ({ kind: "job-started", ...at(run, name) });
const end = (run: number, name: string, conclusion: Conclusion = "success"): Entry => ({
  kind: "job-ended",
  ...at(run, name),
  conclusion,
});
const step = (run: number, name: string, step: number, outcome: "success" | "failure" = "success"): Entry => ({
  kind: "step",
  ...at(run, name),
  step,
  outcome,
});
const read = (step: number, found: Found): Entry => ({ kind: "read", ...at(cd, "deploy"), step, found });
const created = (id: number): Entry => ({ kind: "run-created", run: runs[id]! });
const runEnd = (run: number, conclusion: Conclusion): Entry => ({ kind: "run-ended", run, conclusion });
const notStarted = (pipeline: string): Entry => ({ kind: "not-started", pipeline, cause: "ci", reason: "no" });
const gone = (kind: "dropped" | "run-cancelled", run: number, path?: string[]): Entry => ({
  kind,
  run,
  group: "g",
  ...(path && { path }),
});
const commit = (name: string, outsider = false): Found => ({ of: "source", commit: name, outsider });
const artifact = (from: number | undefined, name = "dist"): Found => ({ of: "artifact", name, from });

interface Table<Kind extends BadState["kind"]> {
  readonly bad: Extract<BadState, { kind: Kind }>;
  readonly shown: readonly (readonly Entry[] | Trace)[];
  readonly refuted: readonly (readonly Entry[] | Trace)[];
}

const onlyCaused = traceOf([], [run(0, "ci"), run(1, "docs"), run(2, "cd", 0), run(3, "cd", 1)]);

const tables: { readonly [Kind in BadState["kind"]]: readonly Table<Kind>[] } = {
  "runs-after": [
    {
      bad: { kind: "runs-after", job: test_, follower: deploy },
      shown: [
        [end(ci, "test", "failure"), start(cd, "deploy")],
        [end(ci, "test", "skipped"), start(cd, "deploy")],
      ],
      refuted: [
        [],
        [end(ci, "test", "failure")],
        [start(cd, "deploy")],
        [end(ci, "test"), start(cd, "deploy")],
        [start(cd, "deploy"), end(ci, "test", "failure")],
        [end(ci, "lint", "failure"), start(cd, "deploy")],
        [end(docs, "test", "failure"), start(cd, "deploy")],
      ],
    },
  ],
  "runs-after-run": [
    {
      bad: { kind: "runs-after-run", run: of("ci"), conclusions: ["failure"], follower: deploy },
      shown: [[runEnd(ci, "failure"), start(cd, "deploy")]],
      refuted: [
        [runEnd(ci, "success"), start(cd, "deploy")],
        [runEnd(ci, "cancelled"), start(cd, "deploy")],
        [start(cd, "deploy"), runEnd(ci, "failure")],
        [runEnd(docs, "failure"), start(cd, "deploy")],
        [runEnd(ci, "failure")],
      ],
    },
  ],
  before: [
    {
      bad: { kind: "before", first: test_, second: deploy },
      shown: [[end(ci, "test")], [end(ci, "test"), end(cd, "deploy")], [start(cd, "deploy"), end(ci, "test")]],
      refuted: [
        [],
        [end(cd, "deploy"), end(ci, "test")],
        [end(cd, "deploy")],
        [start(ci, "test")],
        [end(ci, "test", "skipped"), end(cd, "deploy")],
      ],
    },
  ],
  overlap: [
    {
      bad: { kind: "overlap", first: test_, second: deploy },
      shown: [
        [start(ci, "test"), start(cd, "deploy")],
        [start(cd, "deploy"), start(ci, "test"), end(cd, "deploy"), end(ci, "test")],
        [start(ci, "test"), end(ci, "test"), start(cd, "deploy"), start(ci, "test")],
      ],
      refuted: [
        [start(ci, "test")],
        [start(cd, "deploy")],
        [start(ci, "test"), end(ci, "test"), start(cd, "deploy"), end(cd, "deploy")],
        [start(cd, "deploy"), end(cd, "deploy", "failure"), start(ci, "test")],
        [start(ci, "test"), start(ci, "test")],
      ],
    },
  ],
  "runs-after-step": [
    {
      bad: { kind: "runs-after-step", job: test_, failed: 1, follower: deploy },
      shown: [[step(ci, "test", 1, "failure"), start(cd, "deploy")]],
      refuted: [
        [step(ci, "test", 1), start(cd, "deploy")],
        [step(ci, "test", 0, "failure"), start(cd, "deploy")],
        [start(cd, "deploy"), step(ci, "test", 1, "failure")],
        [step(ci, "test", 1, "failure")],
      ],
    },
    {
      bad: { kind: "runs-after-step", job: test_, failed: 1, follower: deploy, step: 2 },
      shown: [[step(ci, "test", 1, "failure"), step(cd, "deploy", 2)]],
      refuted: [
        [step(ci, "test", 1, "failure"), start(cd, "deploy")],
        [step(ci, "test", 1, "failure"), step(cd, "deploy", 1)],
        [step(cd, "deploy", 2), step(ci, "test", 1, "failure")],
      ],
    },
  ],
  dropped: [
    {
      bad: { kind: "dropped", run: of("cd") },
      shown: [[gone("dropped", cd)], [gone("dropped", cd, ["deploy"])]],
      refuted: [[], [gone("dropped", ci)], [gone("run-cancelled", cd)]],
    },
    {
      bad: { kind: "dropped", run: of("cd"), path: ["deploy"] },
      shown: [[gone("dropped", cd, ["deploy"])], [gone("dropped", cd)]],
      refuted: [[gone("dropped", cd, ["notify"])]],
    },
  ],
  cancelled: [
    {
      bad: { kind: "cancelled", run: of("cd") },
      shown: [[gone("run-cancelled", cd)], [gone("dropped", cd)]],
      refuted: [[], [gone("run-cancelled", ci)], [runEnd(cd, "cancelled")]],
    },
  ],
  "runs-times": [
    {
      bad: { kind: "runs-times", job: deploy, times: 2 },
      shown: [[start(cd, "deploy"), start(cd, "deploy")]],
      refuted: [
        [start(cd, "deploy")],
        [start(cd, "deploy"), start(ci, "deploy")],
        [end(cd, "deploy"), end(cd, "deploy")],
      ],
    },
  ],
  "run-times": [
    {
      bad: { kind: "run-times", run: of("cd"), times: 2 },
      shown: [[created(cd), created(cd)]],
      refuted: [[created(cd)], [created(cd), created(ci)]],
    },
  ],
  "never-created": [
    {
      bad: { kind: "never-created", run: of("cd") },
      shown: [[], [created(ci)]],
      refuted: [[created(cd)], [created(ci), created(cd)]],
    },
  ],
  refused: [
    {
      bad: { kind: "refused", pipeline: "cd" },
      shown: [traceOf([notStarted("cd")], [run(0, "ci")]), traceOf([notStarted("cd")], [run(0, "ci"), run(1, "cd")])],
      refuted: [
        traceOf([], [run(0, "ci")]),
        traceOf([notStarted("docs")], [run(0, "ci")]),
        // It started after all.
        [notStarted("cd")],
      ],
    },
  ],
  "started-after": [
    {
      bad: { kind: "started-after", run: of("cd"), each: ["ci", "docs"] },
      shown: [onlyCaused],
      refuted: [[], traceOf([], [run(0, "ci"), run(1, "docs"), run(2, "cd")])],
    },
  ],
  "never-runs": [
    {
      bad: { kind: "never-runs", job: deploy },
      shown: [[], [start(ci, "deploy")], [end(cd, "deploy", "skipped")]],
      refuted: [[start(cd, "deploy")]],
    },
    {
      bad: { kind: "never-runs", job: deploy, step: 1 },
      shown: [[start(cd, "deploy"), step(cd, "deploy", 0)]],
      refuted: [[step(cd, "deploy", 1, "failure")]],
    },
  ],
  runs: [
    {
      bad: { kind: "runs", job: deploy },
      shown: [[start(cd, "deploy")]],
      refuted: [[], [start(ci, "deploy")], [end(cd, "deploy", "skipped")]],
    },
    {
      bad: { kind: "runs", job: deploy, step: 1 },
      shown: [[step(cd, "deploy", 1)]],
      refuted: [[start(cd, "deploy")], [step(cd, "deploy", 0)]],
    },
  ],
  "reads-other-commit": [
    {
      bad: { kind: "reads-other-commit", job: deploy, step: 0, insteadOf: of("ci") },
      shown: [[read(0, commit("c2"))]],
      refuted: [
        [],
        [read(0, commit("c1"))],
        [read(1, commit("c2"))],
        [read(0, artifact(ci))],
        // The tip of a pull request's branch is what its run stands for, too.
        traceOf(
          [read(0, commit("c2"))],
          [run(0, "ci", undefined, { commit: "merge", head: "c2" }), run(1, "docs"), run(2, "cd", 0)],
        ),
        // Nothing ran in whose place this could be.
        traceOf([read(0, commit("c2"))], [run(0, "docs"), run(1, "docs"), run(2, "cd", 0)]),
      ],
    },
  ],
  "reads-outsider": [
    {
      bad: { kind: "reads-outsider", job: deploy, step: 0 },
      shown: [[read(0, commit("c1", true))]],
      refuted: [[read(0, commit("c1"))], [read(1, commit("c1", true))]],
    },
  ],
  "finds-nothing": [
    {
      bad: { kind: "finds-nothing", job: deploy, step: 0 },
      shown: [[read(0, artifact(undefined))], [read(0, artifact(undefined, "other"))]],
      refuted: [[], [read(0, artifact(ci))], [read(1, artifact(undefined))], [read(0, commit("c1"))]],
    },
    {
      bad: { kind: "finds-nothing", job: deploy, step: 0, artifact: "dist" },
      shown: [[read(0, artifact(undefined))]],
      refuted: [[read(0, artifact(undefined, "other"))]],
    },
  ],
  "not-followed": [
    {
      bad: { kind: "not-followed", job: test_, by: [deploy] },
      shown: [[end(ci, "test")], [start(cd, "deploy"), end(ci, "test")], [end(ci, "test"), start(cd, "notify")]],
      refuted: [[], [end(ci, "test", "failure")], [end(ci, "test"), start(cd, "deploy")]],
    },
  ],
  "reads-run": [
    {
      bad: { kind: "reads-run", job: deploy, step: 0, of: of("ci") },
      shown: [[read(0, artifact(ci))]],
      refuted: [
        [read(0, artifact(docs))],
        [read(0, artifact(undefined))],
        [read(1, artifact(ci))],
        [read(0, commit("c1"))],
      ],
    },
  ],
};

const isTrace = (given: readonly Entry[] | Trace): given is Trace => "scenario" in given;

for (const [kind, rows] of Object.entries(tables)) {
  test(`bad state ${kind}: shown where it is, refuted where it nearly is`, () => {
    for (const { bad, shown, refuted } of rows as readonly Table<BadState["kind"]>[]) {
      for (const [expected, list] of [[true, shown] as const, [false, refuted] as const]) {
        for (const given of list) {
          const trace = isTrace(given) ? given : traceOf(given);
          assert.equal(
            reaches(trace, bad),
            expected,
            JSON.stringify({ bad, entries: trace.entries, runs: trace.runs.length }),
          );
        }
      }
    }
  });
}

test("a schedule that can be carried out, but does not end as claimed, is refuted", () => {
  const trace = traceOf([start(ci, "test"), end(ci, "test"), start(cd, "deploy"), end(cd, "deploy")]);
  const simulator: Simulator = {
    simulate: () => trace,
    replay: () => ({ kind: "possible", trace }),
  };
  const schedule = [{ kind: "job-started", job: deploy }] as const;
  const claim = (bad: BadState) => isReplayed(simulator, { scenario, schedule, bad });
  assert.deepEqual(claim({ kind: "before", first: test_, second: deploy }), { replayed: true, trace });
  const refuted = claim({ kind: "overlap", first: test_, second: deploy });
  assert.ok(!refuted.replayed);
  assert.match(refuted.reason, /does not end as claimed \(overlap\)/);
});

test("a pull request from a fork and one from the repository itself are two events", () => {
  const workflow = "on: { pull_request: {} }\njobs: { a: { runs-on: x, steps: [{ run: a }] } }\n";
  const texts = ["a", "b"].map((name) => [`.github/workflows/${name}.yml`, `name: ${name}\n${workflow}`] as const);
  const analysis = new Analysis(githubFacts(readTexts(new Map(texts))));
  const [a, b] = analysis.facts.pipelines;
  const outsiders = analysis.together(a!, b!).map(({ a, b }) => {
    assert.ok(a.root.kind === "pull-request" && b.root.kind === "pull-request");
    return [a.root.outsider, b.root.outsider];
  });
  assert.deepEqual(outsiders, [
    [false, false],
    [true, true],
  ]);
  const [own, fork] = analysis.chains(a!);
  assert.equal(sameRoot(own!, own!), true);
  assert.equal(sameRoot(own!, fork!), false);
});
