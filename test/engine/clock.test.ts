import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery, environment, job, pipeline, plan, planned } from "./world/build.ts";
import { settle, World } from "./world/world.ts";

const hourMs = 3_600_000;
const flaky = { attempts: 3, delayMs: 3000, factor: 1, maxDelayMs: 3000 };
const shop = delivery(
  [pipeline("web", { build: job({ per: "release", retry: flaky }), deploy: job({ deploys: true }) })],
  [environment("dev"), environment("prod", { approval: { reviewers: [], timeoutMs: hourMs } })],
);

async function backingOff() {
  const world = new World();
  const engine = await world.open();
  await engine.createRun({ delivery: shop, plan: plan([planned("web.build")]), parallel: 1 });
  await world.end("web.build", "failed");
  return { world, attempts: () => world.launches.length };
}

for (const byMs of [-hourMs, hourMs]) {
  test(`a wait of three seconds lasts three seconds when the clock is set by ${byMs / hourMs} h`, async () => {
    const { world, attempts } = await backingOff();
    world.now += byMs;
    await world.advanceClock(2999);
    assert.equal(attempts(), 1);
    await world.advanceClock(1);
    assert.equal(attempts(), 2);
  });
}

test("after a restart with the clock set back, a wait is no longer than it was to be", async () => {
  const { world, attempts } = await backingOff();
  world.now -= hourMs;
  await world.open();
  await world.advanceClock(2999);
  assert.equal(attempts(), 1);
  await world.advanceClock(1);
  assert.equal(attempts(), 2);
});

test("after a restart what is left of a wait by the clock on the wall is waited for", async () => {
  const { world, attempts } = await backingOff();
  world.now += 2000;
  await world.open();
  await world.advanceClock(999);
  assert.equal(attempts(), 1);
  await world.advanceClock(1);
  assert.equal(attempts(), 2);
});

test("a wait that began under a clock far ahead does not hold up a shorter one", async () => {
  const { world, attempts } = await backingOff();
  const engine = await world.beside();
  world.now -= 48 * hourMs;
  await engine.createRun({ delivery: shop, plan: plan([planned("web.deploy@prod")]), parallel: 1 });
  await world.advanceClock(3000);
  assert.equal(attempts(), 2);
});

test("an approval expires after its time, not when the clock is set forward", async () => {
  const world = new World();
  const engine = await world.open();
  const { run } = await engine.createRun({ delivery: shop, plan: plan([planned("web.deploy@prod")]), parallel: 1 });
  world.now += 48 * hourMs;
  await world.advanceClock(hourMs - 1);
  await engine.answer(run, "prod", { answer: "approved", by: "ann" });
  await settle();
  assert.deepEqual(world.started, ["web.deploy@prod"]);
});

test("what a run took is measured by the clock that is never set", async () => {
  const world = new World();
  const engine = await world.open();
  const { run } = await engine.createRun({ delivery: shop, plan: plan([planned("web.build")]), parallel: 1 });
  world.now += 48 * hourMs;
  await world.advanceClock(1500);
  await world.end("web.build");
  assert.equal((await engine.settled(run)).durationMs, 1500);
});
