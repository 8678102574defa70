import assert from "node:assert/strict";
import { test } from "node:test";
import type { Elsewhere } from "../../src/engine/ports.ts";
import { delivery, environment, job, pipeline, plan, planned } from "./world/build.ts";
import { settle, World } from "./world/world.ts";

const shop = delivery(
  [pipeline("web", { build: job({ per: "release", retry: twice() }), deploy: job({ deploys: true }) })],
  [environment("dev")],
);
const shopPlan = plan([planned("web.build"), planned("web.deploy@dev", { after: ["web.build"] })]);

function twice() {
  return { attempts: 2, delayMs: 1000, factor: 2, maxDelayMs: 60_000 };
}

async function crashedWhileBuilding() {
  const world = new World();
  const first = await world.open();
  const { run } = await first.createRun({ delivery: shop, plan: shopPlan, parallel: 1 });
  return { world, run, token: world.launches[0]!.token };
}

test("after a crash the interrupted job starts again once its processes are gone, and uses up no retry", async () => {
  const { world, run, token } = await crashedWhileBuilding();
  const engine = await world.open();
  assert.deepEqual(world.reaped, [token]);
  assert.deepEqual(
    world.launches.map(({ job: id, attempt }) => [id, attempt]),
    [
      ["web.build", 1],
      ["web.build", 2],
    ],
  );
  await world.end("web.build", "failed");
  await world.advanceClock(1000);
  assert.equal(world.launches.at(-1)?.attempt, 3);
  await world.end("web.build");
  await world.end("web.deploy@dev");
  assert.equal((await engine.settled(run)).conclusion, "succeeded");
});

test("nothing starts before everything that was left running is gone", async () => {
  const { world } = await crashedWhileBuilding();
  const gone = Promise.withResolvers<Elsewhere>();
  world.ports.runner.reap = () => gone.promise;
  const opening = world.open();
  await settle();
  assert.equal(world.launches.length, 1);
  gone.resolve(new Map());
  await opening;
  assert.equal(world.launches.length, 2);
});

test("reports of an older attempt, repeated ones and unknown ones change nothing", async () => {
  const { world, run, token } = await crashedWhileBuilding();
  const engine = await world.open();
  world.report(token, "ok");
  world.report("no such token", "failed");
  await settle();
  assert.equal(engine.state.runs.get(run)?.jobs.get("web.build")?.status, "running");
  const second = world.launches.at(-1)!.token;
  world.report(second, "ok");
  world.report(second, "failed");
  await settle();
  assert.equal(engine.state.runs.get(run)?.jobs.get("web.build")?.status, "succeeded");
  assert.equal(world.events("job.succeeded").length, 1);
  assert.equal(world.events("job.failed").length, 0);
});

test("what has finished does not run again, and the lock is still the run's own", async () => {
  const { world, run } = await crashedWhileBuilding();
  await world.open();
  await world.end("web.build");
  assert.deepEqual(world.started.at(-1), "web.deploy@dev");
  const engine = await world.open();
  assert.deepEqual(
    world.launches.slice(-2).map(({ job: id, attempt }) => [id, attempt]),
    [
      ["web.deploy@dev", 1],
      ["web.deploy@dev", 2],
    ],
  );
  assert.equal(engine.state.environments.get("dev")?.holder, run);
  assert.equal(world.events("lock.acquired").length, 1);
});

test("when the journal cannot be written nothing more starts, what runs is stopped and everybody is told", async () => {
  const { world, run } = await crashedWhileBuilding();
  const engine = await world.open();
  const settled = assert.rejects(engine.settled(run), /journal could not be written/);
  world.broken = new Error("no space left on device");
  await world.end("web.build");
  await settled;
  assert.deepEqual(world.started, ["web.build", "web.build"]);
  await assert.rejects(engine.createRun({ delivery: shop, plan: shopPlan, parallel: 1 }), (error: Error) => {
    assert.match(String((error.cause as Error).message), /no space left/);
    return true;
  });
  world.broken = undefined;
  await world.open();
  assert.equal(world.started.at(-1), "web.build", "the end that could not be written never happened");
});

test("running attempts are told to stop when the journal breaks", async () => {
  const world = new World();
  const engine = await world.open();
  const two = plan([planned("web.build"), planned("web.deploy@dev")]);
  await engine.createRun({ delivery: shop, plan: two, parallel: 2 });
  world.broken = new Error("input/output error");
  await world.end("web.build");
  const deploying = world.launches.find((launch) => launch.job === "web.deploy@dev")!;
  assert.deepEqual(world.stops, [{ token: deploying.token, mode: "graceful" }]);
});

test("reports that arrive together are one write", async () => {
  const world = new World();
  const engine = await world.open();
  const two = plan([planned("web.build"), planned("web.deploy@dev")]);
  await engine.createRun({ delivery: shop, plan: two, parallel: 2 });
  world.writes.length = 0;
  for (const { token } of world.launches) world.report(token, "ok");
  await settle();
  assert.equal(world.writes.length, 1);
  assert.equal(world.events("run.finished").length, 1);
});

test("close stops what runs; the next engine takes it up", async () => {
  const { world, run } = await crashedWhileBuilding();
  const engine = await world.open();
  const settled = assert.rejects(engine.settled(run), /closed/);
  await engine.close();
  await settled;
  assert.deepEqual(
    world.stops.map((stop) => stop.token),
    [world.launches[1]!.token],
  );
  await world.open();
  assert.equal(world.launches.at(-1)?.attempt, 3);
});

test("an end that was reported before close is not lost", async () => {
  const { world } = await crashedWhileBuilding();
  const engine = await world.open();
  world.report(world.launches[1]!.token, "ok");
  await engine.close();
  const next = await world.open();
  assert.equal(world.started.at(-1), "web.deploy@dev");
  assert.equal([...next.state.runs.values()][0]?.jobs.get("web.build")?.status, "succeeded");
});

test("an engine leaves alone what nobody asked it to take up", async () => {
  const { world, run } = await crashedWhileBuilding();
  world.die();
  const engine = await world.beside();
  await settle();
  assert.deepEqual([world.reaped, world.launches.length, engine.isOrphan(run)], [[], 1, true]);
  await engine.createRun({ delivery: shop, plan: plan([planned("web.build")]), parallel: 1 });
  assert.equal(world.launches.at(-1)?.run, "run-3");
});
