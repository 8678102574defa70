import assert from "node:assert/strict";
import { test } from "node:test";
import { waitsFor } from "../../src/engine/waiting.ts";
import { delivery, environment, job, pipeline, plan, planned } from "./world/build.ts";
import { World } from "./world/world.ts";

const minute = 60_000;
const toProd = plan([planned("web.deploy@prod")]);
const goesBack = { ...toProd, change: { ...toProd.change, event: "rollback" as const } };

/** 00:16:40 in UTC is when these worlds begin; prod is open from 00:30 to 00:00. */
const closed = delivery(
  [pipeline("web", { deploy: job({ deploys: true }) })],
  [
    environment("prod", {
      windows: [{ days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from: "00:30", to: "00:00", zone: "UTC" }],
    }),
  ],
);

async function outside() {
  const world = new World();
  const engine = await world.open();
  const run = async (more: object = {}) =>
    (await engine.createRun({ delivery: closed, plan: toProd, parallel: 1, ...more })).run;
  return { world, engine, run };
}

test("outside of the change windows a run waits with its place in line, says until when, and goes on by itself", async () => {
  const { world, engine, run } = await outside();
  const [first, second] = [await run(), await run()];
  assert.deepEqual(world.started, []);
  const state = engine.state.runs.get(first)!;
  const wait = waitsFor(engine.state, state, state.jobs.get("web.deploy@prod")!, world.now);
  assert.deepEqual(wait, { kind: "window", environment: "prod", until: 30 * minute });
  await world.advanceClock(13 * minute);
  assert.deepEqual(world.started, []);
  await world.advanceClock(30 * minute - world.now);
  assert.deepEqual(world.started, ["web.deploy@prod"]);
  assert.equal(engine.state.environments.get("prod")!.holder, first);
  assert.deepEqual(engine.state.environments.get("prod")!.queue, [second]);
  await world.advanceClock(23 * 60 * minute + 20 * minute);
  await world.end("web.deploy@prod");
  assert.equal(world.started.length, 2, "whoever has the lock goes on; the next one takes it while a window is open");
});

test("a reason and a rollback go past who waits for a window, which the journal says; so it reads the same with other zones", async () => {
  const { world, engine, run } = await outside();
  const waits = await run();
  const urgent = await run({ override: "it burns" });
  assert.equal(engine.state.environments.get("prod")!.holder, urgent);
  assert.deepEqual(world.events("lock.acquired"), [
    { type: "lock.acquired", run: urgent, environment: "prod", past: [waits] },
  ]);
  await world.end("web.deploy@prod");
  await assert.rejects(run({ moves: 1 }), { code: "environment-busy" });
  const back = await run({ plan: goesBack, moves: 1 });
  assert.equal(engine.state.environments.get("prod")!.holder, back);
  const again = await world.open();
  assert.equal(again.state.environments.get("prod")!.queue[0], waits);
});

test("a move with a reason goes past what waits, also for a person; nothing goes past who has the lock", async () => {
  const { world, engine, run } = await outside();
  await run();
  const moved = await run({ override: "it burns", moves: 1 });
  assert.equal(engine.state.environments.get("prod")!.holder, moved);
  await assert.rejects(run({ plan: goesBack, moves: 1 }), { code: "environment-busy", known: [moved] });
  await assert.rejects(run({ override: "it burns", moves: 1 }), { code: "environment-busy", known: [moved] });
  await world.end("web.deploy@prod");
  assert.equal(engine.state.environments.get("prod")!.holder, undefined);
});

test("a promotion that waits for a person or for a window does not hold up a rollback, which supersedes it", async () => {
  const asks = delivery(
    [pipeline("web", { deploy: job({ deploys: true }) })],
    [environment("prod", { approval: { reviewers: [], timeoutMs: 60 * minute } })],
  );
  const world = new World();
  const engine = await world.open();
  const { run: waits } = await engine.createRun({ delivery: asks, plan: toProd, parallel: 1, moves: 1 });
  const goBack = () => engine.createRun({ delivery: closed, plan: goesBack, parallel: 1, moves: 1 });
  const { run: back } = await goBack();
  assert.equal(engine.state.environments.get("prod")!.holder, back);
  await assert.rejects(goBack(), { code: "environment-busy", known: [back] }, "one rollback at a time");
  await world.end("web.deploy@prod");
  await engine.answer(waits, "prod", { answer: "approved", by: "ann" });
  assert.deepEqual(world.started, ["web.deploy@prod"]);
  assert.equal(world.events("job.skipped").find(({ run }) => run === waits)?.code, "superseded");
});

test("what zones say is asked once until a window opens, however many wait and whatever happens meanwhile", async (t) => {
  const { world, engine, run } = await outside();
  for (let n = 0; n < 5; n += 1) await run();
  const asked = t.mock.method(Intl.DateTimeFormat.prototype, "formatToParts");
  await engine.freeze("dev", { until: world.now + minute, by: "ann", reason: "a new network" });
  await world.advanceClock(13 * minute);
  assert.equal(asked.mock.callCount(), 0);
  await world.advanceClock(30 * minute - world.now);
  assert.deepEqual(world.started, ["web.deploy@prod"]);
});

test("the fold refuses a lock that went past somebody without a word", async () => {
  const { world, run } = await outside();
  await run();
  await run({ override: "it burns" });
  for (const recorded of world.journal) if (recorded.event.type === "lock.acquired") delete recorded.event.past;
  await assert.rejects(world.open(), /is the next for prod/);
});
