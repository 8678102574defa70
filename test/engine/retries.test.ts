import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery, environment, job, pipeline, plan, planned } from "./world/build.ts";
import { World } from "./world/world.ts";

const retry = { attempts: 4, delayMs: 1000, factor: 3, maxDelayMs: 5000 };
const shop = delivery(
  [
    pipeline("web", {
      build: job({ per: "release", retry }),
      flaky: job({ per: "release", continueOnFailure: true }),
      test: job({ per: "release" }),
    }),
  ],
  [environment("dev")],
);

test("the wait grows by the factor up to the limit, and the last failure is for good", async () => {
  const world = new World();
  const engine = await world.open();
  const { run } = await engine.createRun({ delivery: shop, plan: plan([planned("web.build")]), parallel: 1 });
  const waits: (number | undefined)[] = [];
  for (let attempt = 1; attempt <= retry.attempts; attempt += 1) {
    await world.end("web.build", "failed");
    const { retryAt } = world.events("job.failed").at(-1)!;
    waits.push(retryAt === undefined ? undefined : retryAt - world.now);
    if (retryAt === undefined) break;
    await world.advanceClock(retryAt - world.now - 1);
    assert.equal(world.launches.length, attempt, "it must wait to the end");
    await world.advanceClock(1);
    assert.equal(world.launches.length, attempt + 1);
  }
  assert.deepEqual(waits, [1000, 3000, 5000, undefined]);
  assert.equal((await engine.settled(run)).conclusion, "failed");
});

test("a wait survives a crash and a clock that was set back", async () => {
  const world = new World();
  await (await world.open()).createRun({ delivery: shop, plan: plan([planned("web.build")]), parallel: 1 });
  await world.end("web.build", "failed");
  world.now -= 500;
  await world.open();
  assert.equal(world.launches.length, 1);
  await world.advanceClock(1500);
  assert.equal(world.launches.length, 2);
});

test("retry runs what did not succeed, and only that, with a fresh number of attempts", async () => {
  const world = new World();
  const engine = await world.open();
  const jobs = [planned("web.flaky"), planned("web.build"), planned("web.test", { after: ["web.build"] })];
  const { run } = await engine.createRun({ delivery: shop, plan: plan(jobs), parallel: 2 });
  await assert.rejects(engine.retry(run, { by: "ann" }), /has not finished/);
  await world.end("web.flaky");
  for (let attempt = 0; attempt < 4; attempt += 1) {
    await world.end("web.build", "failed");
    await world.advanceClock(5000);
  }
  assert.equal((await engine.settled(run)).conclusion, "failed");
  assert.deepEqual(await engine.retry(run, { by: "ann" }), ["web.build", "web.test"]);
  await world.end("web.build", "failed");
  assert.notEqual(world.events("job.failed").at(-1)?.retryAt, undefined);
  await world.advanceClock(1000);
  assert.equal(world.launches.at(-1)?.attempt, 6);
  await world.end("web.build");
  await world.end("web.test");
  assert.equal((await engine.settled(run)).conclusion, "succeeded");
  assert.equal(world.started.filter((id) => id === "web.flaky").length, 1);
  await assert.rejects(engine.retry(run, { by: "ann" }), /nothing to retry/);
});

test("in a retried run the order holds across what stays", async () => {
  const world = new World();
  const engine = await world.open();
  // web.test came after web.flaky, which may fail; last came after web.test.
  const jobs = [
    planned("web.flaky"),
    planned("web.test", { after: ["web.flaky"], requires: [] }),
    planned("web.build", { after: ["web.test"] }),
  ];
  const once = structuredClone(shop);
  once.pipelines[0]!.jobs.build!.retry.attempts = 1;
  const { run } = await engine.createRun({ delivery: once, plan: plan(jobs), parallel: 3 });
  await world.end("web.flaky", "failed");
  await world.end("web.test");
  await world.end("web.build", "failed");
  await engine.settled(run);
  await engine.retry(run, { by: "ann" });
  assert.equal(world.started.at(-1), "web.flaky");
  await world.end("web.flaky");
  assert.equal(world.started.at(-1), "web.build", "only after web.flaky, which is before it at a distance");
});
