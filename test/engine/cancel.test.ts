import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery, environment, job, pipeline, plan, planned } from "./world/build.ts";
import { World } from "./world/world.ts";

const retry = { attempts: 3, delayMs: 1000, factor: 1, maxDelayMs: 1000 };
const shop = delivery(
  [
    pipeline("web", {
      build: job({ per: "release", retry }),
      test: job({ per: "release" }),
      report: job({ per: "release", runsAfter: "always" }),
    }),
  ],
  [environment("dev")],
);
const jobs = [
  planned("web.build"),
  planned("web.test"),
  planned("web.report", { after: ["web.build", "web.test"], requires: [] }),
];

async function running() {
  const world = new World();
  const engine = await world.open();
  const { run } = await engine.createRun({ delivery: shop, plan: plan(jobs), parallel: 2 });
  return { world, engine, run };
}

test("graceful: what runs may end, nothing new starts, nothing is stopped", async () => {
  const { world, engine, run } = await running();
  await engine.cancel(run, { mode: "graceful", by: "ann" });
  assert.equal(engine.state.runs.get(run)?.status, "cancelling");
  assert.deepEqual(world.stops, []);
  await world.end("web.build");
  await world.end("web.test");
  assert.equal((await engine.settled(run)).conclusion, "cancelled");
  const [skipped] = world.events("job.skipped");
  assert.deepEqual([skipped?.job, skipped?.code, skipped?.because], ["web.report", "cancelled", "ann"]);
});

test("now: what runs is told to stop, and asked again it is killed", async () => {
  const { world, engine, run } = await running();
  await engine.cancel(run, { mode: "graceful", by: "ann" });
  await engine.cancel(run, { mode: "now", by: "ann" });
  assert.deepEqual(
    world.stops.map(({ mode }) => mode),
    ["graceful", "graceful"],
  );
  await world.end("web.build", "stopped");
  await engine.cancel(run, { mode: "now", by: "ann" });
  assert.deepEqual(
    world.stops.slice(2).map(({ mode }) => mode),
    ["now"],
  );
  await world.end("web.test", "stopped");
  assert.equal((await engine.settled(run)).conclusion, "cancelled");
  await assert.rejects(engine.cancel(run, { mode: "now", by: "ann" }), /ended already: cancelled/);
});

test("a cancelled run tries nothing again and gives up what waits for its next attempt", async () => {
  const { world, engine, run } = await running();
  await world.end("web.build", "failed");
  assert.equal(engine.state.runs.get(run)?.jobs.get("web.build")?.status, "backing-off");
  await engine.cancel(run, { mode: "graceful", by: "ann" });
  assert.equal(engine.state.runs.get(run)?.jobs.get("web.build")?.status, "cancelled");
  await world.end("web.test");
  await engine.settled(run);
  await world.advanceClock(10_000);
  assert.equal(world.launches.length, 2);
});

test("a cancel survives a crash: what was interrupted is not started again", async () => {
  const { world, engine, run } = await running();
  await engine.cancel(run, { mode: "graceful", by: "ann" });
  const next = await world.open();
  assert.equal((await next.settled(run)).conclusion, "cancelled");
  assert.equal(world.launches.length, 2);
  assert.deepEqual(
    world.events("job.cancelled").map(({ job: id, cause }) => `${id}: ${cause?.text}`),
    ["web.build: ann cancelled the run", "web.test: ann cancelled the run"],
  );
  // And can be retried.
  await next.retry(run, { by: "ann" });
  assert.deepEqual(
    world.launches.slice(2).map(({ job: id, attempt }) => [id, attempt]),
    [
      ["web.build", 2],
      ["web.test", 2],
    ],
  );
});

test("a run that was over all the same has succeeded", async () => {
  const world = new World();
  const engine = await world.open();
  const { run } = await engine.createRun({ delivery: shop, plan: plan([planned("web.build")]), parallel: 2 });
  await engine.cancel(run, { mode: "graceful", by: "ann" });
  await world.end("web.build");
  assert.equal((await engine.settled(run)).conclusion, "succeeded");
});
