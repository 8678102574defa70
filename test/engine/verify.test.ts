import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery, environment, job, pipeline, plan, planned } from "./world/build.ts";
import { World } from "./world/world.ts";

const verify = { forMs: 2500, everyMs: 1000 };
const shop = delivery(
  [
    pipeline("web", {
      deploy: job({ deploys: true }),
      smoke: job({ verify, needs: ["deploy"], retry: { attempts: 2, delayMs: 100, factor: 1, maxDelayMs: 100 } }),
    }),
  ],
  [environment("dev"), environment("prod", { after: ["dev"], approval: { reviewers: [], timeoutMs: 60_000 } })],
);
const jobs = [
  planned("web.deploy@dev"),
  planned("web.smoke@dev", { after: ["web.deploy@dev"] }),
  planned("web.deploy@prod", { after: ["web.smoke@dev"] }),
];

async function deployed() {
  const world = new World();
  const engine = await world.open();
  const { run } = await engine.createRun({ delivery: shop, plan: plan(jobs), parallel: 2 });
  await world.end("web.deploy@dev");
  return { world, engine, run };
}

test("it looks again until its bake time is over, holds the lock and asks nobody meanwhile", async () => {
  const { world, engine, run } = await deployed();
  for (const left of [3, 2, 1]) {
    await world.end("web.smoke@dev");
    assert.equal(world.events("job.verified").at(-1)?.left, left);
    assert.equal(engine.state.environments.get("dev")?.holder, run);
    assert.deepEqual(world.events("approval.requested"), []);
    const launches = world.launches.length;
    await world.advanceClock(999);
    assert.equal(world.launches.length, launches, "it must wait to the end");
    await world.advanceClock(1);
    assert.equal(world.launches.length, launches + 1);
  }
  await world.end("web.smoke@dev");
  assert.equal(world.events("job.succeeded").at(-1)?.job, "web.smoke@dev");
  assert.equal(engine.state.environments.get("dev")?.holder, undefined);
  assert.equal(world.events("approval.requested").length, 1);
});

test("each look may fail as often as its retries allow, and the one that fails for good fails the job", async () => {
  const { world, engine } = await deployed();
  await world.end("web.smoke@dev", "failed");
  await world.advanceClock(100);
  await world.end("web.smoke@dev");
  await world.advanceClock(1000);
  await world.end("web.smoke@dev", "failed");
  await world.advanceClock(100);
  await world.end("web.smoke@dev", "failed");
  assert.equal(world.events("job.failed").at(-1)?.retryAt, undefined);
  assert.deepEqual(world.events("lock.released").at(-1)?.deployed, {});
  assert.deepEqual(engine.state.deployed, {});
});

test("a crash and a clock that was set make it look neither more nor less often", async () => {
  const { world } = await deployed();
  await world.end("web.smoke@dev");
  world.now += 1_000_000_000;
  await world.open();
  await world.advanceClock(0);
  await world.end("web.smoke@dev");
  assert.equal(world.events("job.verified").at(-1)?.left, 2);
});

test("who is cancelled before it has looked often enough has not passed", async () => {
  const { world, engine, run } = await deployed();
  await world.end("web.smoke@dev");
  await world.advanceClock(1000);
  await engine.cancel(run, { mode: "graceful", by: "ann" });
  await world.end("web.smoke@dev");
  assert.equal(world.events("job.cancelled").at(-1)?.cause?.code, "cancelled");
  assert.equal((await engine.settled(run)).conclusion, "cancelled");
});
