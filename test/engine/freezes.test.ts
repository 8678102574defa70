import assert from "node:assert/strict";
import { test } from "node:test";
import { restoreCheckpoint, takeCheckpoint } from "../../src/engine/checkpoint.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { EngineRefusal } from "../../src/engine/refusal.ts";
import { salvage } from "../../src/engine/salvage.ts";
import { waitsFor } from "../../src/engine/waiting.ts";
import { delivery, environment, job, pipeline, plan, planned } from "./world/build.ts";
import { settle, World } from "./world/world.ts";

const shop = delivery(
  [pipeline("web", { deploy: job({ deploys: true }), smoke: job() })],
  [environment("dev"), environment("prod")],
);
const toProd = plan([planned("web.deploy@prod"), planned("web.smoke@prod", { after: ["web.deploy@prod"] })]);

const minute = 60_000;

async function frozen({ forMs = 10 * minute } = {}) {
  const world = new World();
  const engine = await world.open();
  const until = world.now + forMs;
  await engine.freeze("prod", { until, by: "cid", reason: "stocktaking" });
  const run = async (override?: string) => {
    const made = { delivery: shop, plan: toProd, parallel: 2, ...(override !== undefined && { override }) };
    return (await engine.createRun(made)).run;
  };
  return { world, engine, until, run };
}

const waitOf = (engine: Engine, run: string, now: number) => {
  const state = engine.state.runs.get(run)!;
  return waitsFor(engine.state, state, state.jobs.get("web.deploy@prod")!, now);
};

test("nothing begins to deploy to a frozen environment, and what waits goes on in its order when it is thawed", async () => {
  const { world, engine, until, run } = await frozen();
  const [first, second] = [await run(), await run()];
  assert.deepEqual(world.started, []);
  assert.deepEqual(waitOf(engine, first, until - 1), {
    kind: "freeze",
    environment: "prod",
    until,
    by: "cid",
    reason: "stocktaking",
  });
  const onceOver = { kind: "lock", environment: "prod", holder: undefined, ahead: 0 };
  assert.deepEqual(waitOf(engine, first, until), onceOver, "nobody who goes on with it has noticed yet");
  await engine.thaw("prod", { by: "ann", comment: "counted" });
  assert.deepEqual(world.started, ["web.deploy@prod"]);
  assert.equal(engine.state.environments.get("prod")?.holder, first);
  assert.deepEqual(engine.state.environments.get("prod")?.queue, [second]);
});

test("other environments go on", async () => {
  const { world, engine } = await frozen();
  await engine.createRun({ delivery: shop, plan: plan([planned("web.deploy@dev")]), parallel: 1 });
  assert.deepEqual(world.started, ["web.deploy@dev"]);
});

test("a freeze ends at its time, by the clock on the wall: set back, it lasts longer; set forward, it is noticed in a minute", async () => {
  const back = await frozen();
  await back.run();
  back.world.now -= 5 * minute;
  await back.world.advanceClock(10 * minute);
  assert.deepEqual(back.world.started, []);
  for (let passed = 0; passed < 5; passed += 1) await back.world.advanceClock(minute);
  assert.deepEqual(back.world.started, ["web.deploy@prod"]);

  const forward = await frozen();
  await forward.run();
  forward.world.now += 10 * minute;
  await forward.world.advanceClock(minute);
  assert.deepEqual(forward.world.started, ["web.deploy@prod"]);
});

test("who waits does not look more often than needed, and at the right moment", async () => {
  const { world, run } = await frozen({ forMs: 90_000 });
  await run();
  await world.advanceClock(minute);
  await world.advanceClock(29_999);
  assert.deepEqual(world.started, []);
  await world.advanceClock(1);
  assert.deepEqual(world.started, ["web.deploy@prod"]);
});

test("a run with an override goes past those who wait, and they are not lost", async () => {
  const { world, engine, run } = await frozen();
  const waiting = await run();
  const urgent = await run("customers cannot pay");
  assert.equal(engine.state.environments.get("prod")?.holder, urgent);
  assert.equal(world.events("run.created").at(-1)?.override, "customers cannot pay");
  await world.end("web.deploy@prod");
  await world.end("web.smoke@prod");
  await engine.settled(urgent);
  assert.deepEqual(engine.state.environments.get("prod")?.queue, [waiting]);
  await engine.thaw("prod", { by: "ann" });
  // The newer one has come before it.
  assert.equal((await engine.settled(waiting)).conclusion, "cancelled");
});

test("what deploys already goes on to its end", async () => {
  const world = new World();
  const engine = await world.open();
  const { run } = await engine.createRun({ delivery: shop, plan: toProd, parallel: 1 });
  await engine.freeze("prod", { until: world.now + minute, by: "cid", reason: "stocktaking" });
  await world.end("web.deploy@prod");
  await world.end("web.smoke@prod");
  assert.equal((await engine.settled(run)).conclusion, "succeeded");
});

test("it holds for every Baton on the journal and after a restart, and a later one takes its place", async () => {
  const { world, engine, run } = await frozen();
  await run();
  const other = await world.beside();
  await other.freeze("prod", { until: world.now + 30 * minute, by: "dan", reason: "audit" });
  await settle();
  assert.equal(engine.state.environments.get("prod")?.freeze?.by, "dan");
  const next = await world.open();
  await world.advanceClock(29 * minute);
  assert.deepEqual(world.started, []);
  assert.equal(next.state.environments.get("prod")?.freeze?.reason, "audit");
  await world.advanceClock(minute);
  assert.deepEqual(world.started, ["web.deploy@prod"]);
});

test("a repaired journal still knows what is frozen", async () => {
  const { world, until } = await frozen();
  const at = world.journal[0]!.at;
  assert.deepEqual(salvage(world.journal).freezes, { prod: { until, by: "cid", reason: "stocktaking", at } });
});

test("refused: a freeze that would be over already, and a thaw of what is not frozen", async () => {
  const { world, engine } = await frozen();
  const isCode = (code: string) => (error: unknown) => error instanceof EngineRefusal && error.code === code;
  await assert.rejects(engine.freeze("prod", { until: world.now, by: "cid", reason: "-" }), isCode("over-already"));
  await assert.rejects(engine.thaw("dev", { by: "cid" }), isCode("not-frozen"));
  await engine.thaw("prod", { by: "cid" });
  await assert.rejects(engine.thaw("prod", { by: "cid" }), isCode("not-frozen"));
  const { run } = await engine.createRun({ delivery: shop, plan: toProd, parallel: 1 });
  assert.equal(engine.state.environments.get("prod")?.holder, run);
});

test("who takes a run up with a reason goes past the freeze, also after the next crash and where it is retried", async () => {
  const { world, engine, run } = await frozen();
  const [first, urgent] = [await run(), await run()];
  assert.deepEqual(world.started, []);
  world.die();
  const next = await world.beside();
  await next.adopt([urgent], { by: "ann", override: "it burns" });
  assert.deepEqual(world.started, ["web.deploy@prod"]);
  assert.equal(next.state.environments.get("prod")?.holder, urgent);
  assert.deepEqual(next.state.environments.get("prod")?.queue, [first]);
  const saved = structuredClone(takeCheckpoint(next.state));
  const runEvents = (wanted: string) => world.journal.filter(({ event }) => event.run === wanted);
  assert.equal(restoreCheckpoint(saved, runEvents)?.runs.get(urgent)?.override, "it burns");
  world.die();
  const third = await world.beside();
  await third.adopt([urgent], { by: "bob" });
  assert.equal(third.run(urgent)?.override, "it burns", "who goes on without a word changes nothing");
  await world.end("web.deploy@prod", "failed");
  await third.settled(urgent);
  await third.retry(urgent, { by: "bob" });
  assert.equal(world.launches.at(-1)?.run, urgent);
  assert.equal(engine.state.runs.get(first)?.override, undefined);
});
