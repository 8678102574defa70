/** Figures of a delivery: what counts as deployed, failed, mended and waited for, from events as the engine writes them. */

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { test } from "node:test";
import type { Place } from "../../src/control/project.ts";
import { readReport } from "../../src/control/verbs/report.ts";
import { figuresOf } from "../../src/control/views/figures.ts";
import { type ReportView, reportView, spread } from "../../src/control/views/report.ts";
import type { EngineEvent, Recorded } from "../../src/engine/events.ts";
import type { Job, Pipeline } from "../../src/model/delivery.ts";
import type { Deployed, PlannedJob } from "../../src/plan/plan.ts";
import { openStore } from "../../src/store/store.ts";
import { append, created, finished, started, succeeded } from "../store/events.ts";
import { temporaryFolder } from "../store/temporary-folder.ts";

type Timed = [at: number, event: EngineEvent];

const jobs = {
  test: { deploys: false, continueOnFailure: false },
  deploy: { deploys: true, continueOnFailure: false },
};

const planned = (job: string, environment?: string): PlannedJob => ({
  id: `web.${job}${environment === undefined ? "" : `@${environment}`}`,
  pipeline: "web",
  job,
  ...(environment !== undefined && { environment }),
  decision: "run",
  reason: { code: "forced", text: "asked", because: [] },
  after: [],
  requires: [],
});

/** One run that goes to prod; `moves` makes it a promotion or rollback of that release. */
function begin(run: string, release: number, { moves, back }: { moves?: number; back?: true } = {}): EngineEvent {
  const event = created(run, release, [planned("test"), planned("deploy", "prod")]);
  event.delivery.pipelines = [{ name: "web", jobs: jobs as unknown as Record<string, Job> } as Pipeline];
  if (moves !== undefined) event.moves = moves;
  if (back) event.plan.change.event = "rollback";
  return event;
}

const released = (run: string, commit?: string): EngineEvent => ({
  type: "lock.released",
  run,
  environment: "prod",
  deployed: commit === undefined ? {} : { web: { release: 1, commit } as Deployed },
});

const failed = (run: string, job: string, more: { retryAt?: number } = {}): EngineEvent => ({
  type: "job.failed",
  run,
  job,
  attempt: 1,
  token: `${run}/${job}/1`,
  durationMs: 5,
  failure: { kind: "exit", message: "it failed", exitCode: 1 },
  ...more,
});

/** The whole visit to prod, ending at that time. */
function visit(run: string, at: number, commit?: string): Timed[] {
  const deploy = "web.deploy@prod";
  const end = commit === undefined ? failed(run, deploy) : succeeded(run, deploy);
  return [
    [at - 5, started(run, deploy)],
    [at, end],
    [at, released(run, commit)],
  ];
}

const asked = (run: string): EngineEvent => ({
  type: "approval.requested",
  run,
  environment: "prod",
  reviewers: [],
  expiresAt: 10_000,
});

const answered = (run: string, answer: "approved" | "rejected" | "expired", by: string): EngineEvent => ({
  type: "approval.answered",
  run,
  environment: "prod",
  answer,
  by,
});

const commitTimes = new Map([
  ["one", 0],
  ["four", 42],
  ["five", 45],
]);

const prices = [{ machine: "a machine", usd: 0.006, source: "https://example.com/prices", asOf: "2026-05" }];

function report(events: Timed[], { since = 0, until = 1_000 } = {}): ReportView {
  const recorded = events.map(([at, event], index): Recorded => ({ seq: index + 1, at, version: 1, event }));
  return reportView(figuresOf(recorded, { since }), { since, until, commitTimes, prices });
}

const history: Timed[] = [
  [0, begin("r1", 1)],
  ...visit("r1", 10, "one"),
  [10, finished("r1")],
  [20, begin("r2", 2)],
  ...visit("r2", 30),
  [30, finished("r2", { conclusion: "failed" })],
  [32, begin("r3", 3, { moves: 1, back: true })],
  ...visit("r3", 40, "one"),
  [41, begin("r4", 4)],
  ...visit("r4", 50, "four"),
  [51, begin("r5", 5, { moves: 4 })],
  ...visit("r5", 60, "five"),
  [61, begin("r6", 6, { moves: 4, back: true })],
  ...visit("r6", 90, "four"),
];

test("what fails and what is taken back has failed, and the next that passes mends it", () => {
  const [prod, ...others] = report(history).environments;
  assert.deepEqual(others, []);
  assert.deepEqual(prod, {
    environment: "prod",
    deployments: 6,
    perWeek: 6,
    failed: 2,
    takenBack: 1,
    failureRate: 2 / 6,
    repairs: 2,
    // From 30 to 40, and from 60 to 90.
    recoveryMs: { count: 2, median: 10, ninetieth: 30, most: 30 },
    // Of one at 10, four at 50 and five at 60; what a rollback brings is not new.
    leadTimeMs: { count: 3, median: 10, ninetieth: 15, most: 15 },
    unknownCommits: 0,
  });
});

test("what failed stays broken until something passes; who retries it repairs", () => {
  const fails: Timed[] = [[100, begin("r7", 7)], ...visit("r7", 110), [110, finished("r7", { conclusion: "failed" })]];
  const [broken] = report(fails).environments;
  assert.deepEqual([broken!.brokenSince, broken!.failureRate, broken!.recoveryMs], [110, 1, undefined]);
  const retried: Timed[] = [
    ...fails,
    [120, { type: "run.retry-requested", run: "r7", jobs: ["web.deploy@prod"] }],
    ...visit("r7", 130, "nobody knows"),
  ];
  const [mended] = report(retried).environments;
  assert.deepEqual([mended!.brokenSince, mended!.deployments, mended!.repairs], [undefined, 2, 1]);
  assert.deepEqual([mended!.recoveryMs!.median, mended!.unknownCommits, mended!.leadTimeMs], [20, 1, undefined]);
});

test("nothing was deployed where nothing began to deploy, or it was left before anything came of it", () => {
  const left: Timed[] = [
    [0, begin("r1", 1)],
    [1, failed("r1", "web.test")],
    [2, released("r1")],
    [3, begin("r2", 2)],
    [4, started("r2", "web.deploy@prod")],
    [5, released("r2")],
  ];
  assert.deepEqual(report(left).environments, []);
});

test("waits for people: who answered what, and what is still open; what nobody is asked any more does not count", () => {
  const questions: Timed[] = [];
  const ask = (run: string, at: number, answer?: Timed) => {
    questions.push([at, begin(run, Number(run.slice(1)))], [at, asked(run)]);
    if (answer) questions.push(answer);
  };
  ask("r1", 10, [14, answered("r1", "approved", "ann")]);
  ask("r2", 20, [40, answered("r2", "rejected", "ben")]);
  ask("r3", 50, [56, answered("r3", "approved", "ann")]);
  ask("r4", 60, [90, answered("r4", "expired", "baton")]);
  ask("r5", 95);
  ask("r6", 96);
  questions.push([97, finished("r6", { conclusion: "cancelled" })]);
  assert.deepEqual(report(questions).approvals, [
    {
      environment: "prod",
      asked: 5,
      approved: 2,
      rejected: 1,
      expired: 1,
      waitedMs: { count: 4, median: 6, ninetieth: 30, most: 30 },
      by: [
        { name: "ann", answered: 2, waitedMs: { count: 2, median: 4, ninetieth: 6, most: 6 } },
        { name: "ben", answered: 1, waitedMs: { count: 1, median: 20, ninetieth: 20, most: 20 } },
      ],
      openSince: [95],
    },
  ]);
});

test("a job is flaky that fails and passes in one run, not one that the next commit mends", () => {
  const events: Timed[] = [
    [0, begin("r1", 1)],
    [1, failed("r1", "web.test", { retryAt: 2 })],
    [2, succeeded("r1", "web.test", { durationMs: 30 })],
    [3, begin("r2", 2)],
    [4, failed("r2", "web.test")],
    [5, begin("r3", 3)],
    [6, succeeded("r3", "web.test", { durationMs: 20 })],
  ];
  const tookMs = { count: 2, median: 20, ninetieth: 30, most: 30, total: 50 };
  assert.deepEqual(report(events).jobs, [
    { pipeline: "web", job: "test", passed: 2, failedAttempts: 2, flaked: 1, tookMs },
  ]);
});

test("each begun minute of each attempt costs, in the month in which its run began, at a price with date and source", () => {
  const november = Date.UTC(2026, 10, 30, 23, 59);
  const later = (minutes: number) => november + minutes * 60_000;
  const events: Timed[] = [
    [november, begin("r1", 1)],
    [later(1), failed("r1", "web.test", { retryAt: 2 })],
    [later(5), succeeded("r1", "web.test", { durationMs: 61_000 })],
    [later(6), begin("r2", 2)],
    [later(20), succeeded("r2", "web.deploy@prod", { durationMs: 600_000 })],
    [later(30), begin("r3", 3)],
  ];
  const { costs } = report(events, { since: 0, until: later(60) });
  assert.deepEqual(costs, {
    prices,
    months: [
      { month: "2026-11", runs: 1, minutes: 3, usd: [0.018] },
      { month: "2026-12", runs: 1, minutes: 10, usd: [0.06] },
    ],
    runs: [
      { run: "r2", release: 2, begunAt: later(6), minutes: 10, usd: [0.06] },
      { run: "r1", release: 1, begunAt: november, minutes: 3, usd: [0.018] },
    ],
  });
  assert.deepEqual(report(events, { since: later(10), until: later(60) }).costs.months.length, 1);
});

test("prices are those of the platforms, each with its source and when it was looked up", async (t) => {
  const stateFolder = temporaryFolder(t);
  const { costs } = await readReport({ project: { stateFolder } } as unknown as Place, { since: 0, until: 100 });
  assert.deepEqual(
    costs.prices.map(({ machine }) => machine),
    ["GitHub Linux 2-core", "CodeBuild general1.small"],
  );
  for (const { usd, source, asOf } of costs.prices) {
    assert.ok(usd > 0 && usd < 1);
    assert.match(source, /^https:/);
    assert.match(asOf, /^20\d\d-\d\d$/);
  }
});

test("from a journal: what ended before that time is left out, what began before it is not", async (t) => {
  const stateFolder = temporaryFolder(t);
  mkdirSync(stateFolder, { recursive: true });
  const place = { project: { stateFolder } } as unknown as Place;
  const empty = await readReport(place, { since: 0, until: 100 });
  assert.deepEqual([empty.environments, empty.jobs], [[], []]);
  const store = openStore(stateFolder);
  for (const [at, event] of [...history, [90, finished("r6")] as Timed]) await append(store, [event], at);
  await store.close();
  const times = async (since: number) => (await readReport(place, { since, until: 100 })).environments[0]?.deployments;
  assert.deepEqual(await Promise.all([0, 10, 11, 41, 58, 90, 91].map(times)), [6, 6, 5, 3, 2, 1, undefined]);
});

test("the middle and the ninetieth are values that there were", () => {
  assert.equal(spread([]), undefined);
  assert.deepEqual(spread([3]), { count: 1, median: 3, ninetieth: 3, most: 3 });
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  assert.deepEqual(spread(hundred), { count: 100, median: 50, ninetieth: 90, most: 100 });
});
