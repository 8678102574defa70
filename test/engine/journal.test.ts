import assert from "node:assert/strict";
import { test } from "node:test";
import { openEngine } from "../../src/engine/engine.ts";
import type { EngineEvent } from "../../src/engine/events.ts";
import { fold, replay } from "../../src/engine/fold.ts";
import { salvage } from "../../src/engine/salvage.ts";
import { emptyState, type State } from "../../src/engine/state.ts";
import { upcast } from "../../src/engine/upcast.ts";
import { snapshot } from "./simulation/snapshot.ts";
import { delivery, environment, job, pipeline, plan, planned } from "./world/build.ts";
import { World } from "./world/world.ts";

const shop = delivery(
  [pipeline("web", { build: job({ per: "release" }), deploy: job({ deploys: true }) })],
  [environment("dev")],
);
const shopPlan = plan([planned("web.build"), planned("web.deploy@dev", { after: ["web.build"] })]);

function stateAfter(events: EngineEvent[]): State {
  return replay(events.map((event, i) => ({ seq: i + 1, at: 0, version: 1, event })));
}

const created: EngineEvent = { type: "run.created", run: "r", release: 1, delivery: shop, plan: shopPlan, parallel: 1 };
const start = (id: string, attempt = 1): EngineEvent => ({
  type: "job.started",
  run: "r",
  job: id,
  attempt,
  token: `t${attempt}`,
});
const succeed = (id: string): EngineEvent => ({
  type: "job.succeeded",
  run: "r",
  job: id,
  attempt: 1,
  token: "t1",
  durationMs: 1,
  outputs: {},
  artifacts: {},
});

test("an event of a newer version, or of a kind that is not known, is refused by name", () => {
  const stored = { seq: 7, at: 0, version: 1, type: "run.created", body: created };
  // The first undid nothing before, and the second told no programs: an older Baton knows no way to send them what it says.
  for (const version of [1, 2]) {
    assert.deepEqual(upcast({ ...stored, version }), { seq: 7, at: 0, version: 3, event: created });
  }
  // Of the first version: why it was nobody wrote down.
  const body = { type: "job.cancelled", run: "r0001", job: "web.a", attempt: 1, token: "t", durationMs: 5 };
  const cancelled = { seq: 8, at: 0, version: 1, type: "job.cancelled", body };
  assert.deepEqual(upcast(cancelled), { seq: 8, at: 0, version: 2, event: body });
  // What an agent had lost, or went on with, was not known to a Baton of before, which would count it wrongly.
  for (const [type, more] of [
    ["job.interrupted", { job: "web.a", attempt: 1, token: "t" }],
    // Nor that it takes several people, and that others were in line before.
    ["approval.requested", { environment: "prod", reviewers: [], expiresAt: 5 }],
    ["lock.acquired", { environment: "prod" }],
  ] as const) {
    const old = { seq: 9, at: 0, version: 1, type, body: { type, run: "r0001", ...more } };
    assert.deepEqual(upcast(old), { seq: 9, at: 0, version: 2, event: old.body });
  }
  // What an agent went on with was not known to the first, and that it cannot wait to the second.
  for (const version of [1, 2]) {
    const body = { type: "run.adopted", run: "r0001", owner: "s", by: "ada" };
    assert.deepEqual(upcast({ seq: 9, at: 0, version, type: body.type, body }), {
      seq: 9,
      at: 0,
      version: 3,
      event: body,
    });
  }
  assert.throws(() => upcast({ ...stored, version: 4 }), /event 7 \(run.created\) has version 4, .*knows version 3/);
  assert.throws(() => upcast({ ...stored, type: "job.paused" }), /event 7 is of a kind .* not know \(job.paused\)/);
  assert.throws(() => upcast({ ...stored, type: "toString" }), /event 7 is of a kind/);
});

test("a cancel behind the end of its run changes nothing: an older Baton could write one", () => {
  const skip = {
    type: "job.skipped",
    run: "r",
    code: "cancelled",
    because: "ada",
    text: "ada cancelled the run",
  } as const;
  const ended: EngineEvent[] = [
    created,
    { type: "run.cancel-requested", run: "r", mode: "now", by: "ada" },
    { ...skip, job: "web.build" },
    { ...skip, job: "web.deploy@dev" },
    { type: "run.finished", run: "r", conclusion: "cancelled", deployed: {} },
  ];
  const late: EngineEvent = { type: "run.cancel-requested", run: "r", mode: "now", by: "eve" };
  const state = stateAfter([...ended, late]);
  assert.equal(snapshot({ ...state, seq: 5 }), snapshot(stateAfter(ended)));
  const again = stateAfter([...ended, late, { type: "run.retry-requested", run: "r", jobs: ["web.build"] }]);
  assert.equal(again.runs.get("r")!.status, "waiting");
  assert.equal(stateAfter([...ended, late, { ...created, run: "s", release: 2 }]).runs.get("s")!.status, "waiting");
});

test("history that begins anew knows what is deployed and counts on, and no run is open", () => {
  const value = { release: 6, commit: "c", outputs: {}, artifacts: {} };
  const begins: EngineEvent = {
    type: "history.begins",
    run: "",
    nextRelease: 8,
    deployed: { dev: { web: value } },
    newest: { dev: { web: 7 } },
    text: "",
  };
  const state = stateAfter([created, start("web.build"), begins]);
  assert.deepEqual([state.seq, state.nextRelease, state.runs.size, state.attempts.size], [3, 8, 0, 0]);
  assert.deepEqual(state.deployed, { dev: { web: value } });
  assert.deepEqual([...state.environments.get("dev")!.newest], [["web", 7]]);
  assert.equal(
    fold(emptyState(), { seq: 90, at: 0, version: 1, event: begins }).seq,
    90,
    "what was before may be gone",
  );
  assert.throws(() => stateAfter([begins, created]), /release 1 belongs to another run/);
});

test("salvage says of whole events what the fold says, and no more of what is missing", () => {
  const all: EngineEvent[] = [created, start("web.build"), { ...created, run: "s", release: 4 }];
  const known = salvage(all.map((event, i) => ({ seq: i + 1, at: 0, version: 1, event })));
  assert.deepEqual(known, {
    nextRelease: 5,
    deployed: {},
    newest: {},
    freezes: {},
    open: ["r", "s"],
    attempts: ["t1"],
  });
  const deploying = [created, start("web.deploy@dev")].map((event, i) => ({ seq: i + 1, at: 0, version: 1, event }));
  assert.deepEqual(salvage(deploying).newest, { dev: { web: 1 } });
  assert.deepEqual(salvage(deploying.slice(1)).newest, {});
});

test("events that cannot have happened are refused, each with its place in the journal", () => {
  const impossible: [EngineEvent[], RegExp][] = [
    [[start("web.build")], /event 1 \(job.started\) of run r is impossible: there is no such run/],
    [[created, created], /event 2 .*there is a run of that id/],
    [[created, { ...created, run: "s" }], /release 1 belongs to another run/],
    [[created, start("web.deploy@dev")], /web.deploy@dev is waiting at before, so it cannot start/],
    [[created, start("web.build", 2)], /attempt 2 comes after 0/],
    [[created, start("web.build"), start("web.build", 2)], /web.build is running at none/],
    [[created, succeed("web.build")], /web.build is waiting|web.build is ready, not running/],
    [[created, start("web.nothing")], /run r has no job web.nothing/],
    [[created, { type: "lock.acquired", run: "r", environment: "dev" }], /is the next for dev/],
    [
      [created, { type: "run.finished", run: "r", conclusion: "succeeded", deployed: {} }],
      /2 of its jobs have not ended/,
    ],
    [[created, { type: "run.retry-requested", run: "r", jobs: ["web.build"] }], /has not finished/],
    [[created, { type: "approval.answered", run: "r", environment: "dev", answer: "approved", by: "x" }], /not-needed/],
    [[created, { type: "job.paused", run: "r" } as unknown as EngineEvent], /does not know job.paused/],
  ];
  for (const [events, message] of impossible) assert.throws(() => stateAfter(events), message);
});

test("a gap in the journal is refused", () => {
  assert.throws(
    () => fold(emptyState(), { seq: 2, at: 0, version: 1, event: created }),
    /event 2 of the journal comes after event 0/,
  );
});

test("a plan that cannot be right is refused before anything starts", async () => {
  const wrong: [Parameters<typeof plan>[0], RegExp][] = [
    [[planned("web.build", { after: ["web.gone"] })], /has web.build after web.gone, which does not run/],
    [[planned("web.build"), planned("web.build")], /holds an id twice/],
    [[planned("web.nothing")], /has web.nothing, which the delivery lacks/],
    [
      [planned("web.build", { after: ["web.deploy@dev"] }), planned("web.deploy@dev", { after: ["web.build"] })],
      /runs in a circle/,
    ],
  ];
  for (const [jobs, message] of wrong) {
    const world = new World();
    const engine = await world.open();
    await assert.rejects(engine.createRun({ delivery: shop, plan: plan(jobs), parallel: 1 }), message);
    assert.deepEqual(world.journal, []);
    const { release } = await engine.createRun({ delivery: shop, plan: shopPlan, parallel: 1 });
    assert.equal(release, 1, "the engine goes on as if nobody had asked");
  }
});

test("an engine does not open on a journal it does not understand", async () => {
  const world = new World();
  world.journal.push({ seq: 1, at: 0, version: 1, event: start("web.build") });
  await assert.rejects(openEngine(world.ports), /impossible/);
});

test("a listener hears every event once, in order, when it is durable", async () => {
  const world = new World();
  const engine = await world.open();
  const heard: number[] = [];
  const stop = engine.subscribe(({ seq }) => {
    assert.ok(seq <= world.journal.length);
    heard.push(seq);
  });
  await engine.createRun({ delivery: shop, plan: shopPlan, parallel: 1 });
  await world.end("web.build");
  stop();
  await world.end("web.deploy@dev");
  assert.deepEqual(heard, [1, 2, 3, 4, 5]);
});
