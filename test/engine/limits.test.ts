import assert from "node:assert/strict";
import { test } from "node:test";
import type { Job } from "../../src/model/delivery.ts";
import { delivery, environment, job, pipeline, plan, planned } from "./world/build.ts";
import { World } from "./world/world.ts";

function shop(jobs: Record<string, Job>) {
  return delivery([pipeline("web", jobs)], [environment("dev")]);
}

function legs(part: Partial<Job["matrix"] & object> = {}): Job {
  return job({
    per: "release",
    matrix: { values: { n: ["1", "2", "3"] }, include: [], exclude: [], failFast: false, ...part },
  });
}

const threeLegs = plan(["1", "2", "3"].map((n) => planned(`web.test[n=${n}]`)));

test("a run never has more jobs at a time than it may", async () => {
  const world = new World();
  const engine = await world.open();
  await engine.createRun({ delivery: shop({ test: legs() }), plan: threeLegs, parallel: 2 });
  assert.equal(world.launches.length, 2);
  await world.end("web.test[n=2]");
  assert.deepEqual(world.started, ["web.test[n=1]", "web.test[n=2]", "web.test[n=3]"]);
  await assert.rejects(
    engine.createRun({ delivery: shop({ test: legs() }), plan: threeLegs, parallel: 0 }),
    /parallel is 0/,
  );
});

test("maxParallel holds for the legs, and other jobs use the free slots", async () => {
  const world = new World();
  const engine = await world.open();
  const jobs = [...threeLegs.jobs, planned("web.lint")];
  const both = shop({ test: legs({ maxParallel: 1 }), lint: job({ per: "release" }) });
  await engine.createRun({ delivery: both, plan: plan(jobs), parallel: 4 });
  assert.deepEqual(world.started, ["web.test[n=1]", "web.lint"]);
  await world.end("web.test[n=1]");
  assert.equal(world.started.at(-1), "web.test[n=2]");
});

test("fail-fast stops the legs that run and skips those that do not", async () => {
  const world = new World();
  const engine = await world.open();
  const { run } = await engine.createRun({
    delivery: shop({ test: legs({ failFast: true }) }),
    plan: threeLegs,
    parallel: 2,
  });
  await world.end("web.test[n=1]", "failed");
  assert.deepEqual(world.stops, [{ token: world.launches[1]!.token, mode: "graceful" }]);
  assert.deepEqual(
    world.events("job.skipped").map((event) => [event.job, event.code, event.because]),
    [["web.test[n=3]", "fail-fast", "web.test[n=1]"]],
  );
  await world.end("web.test[n=2]", "stopped");
  assert.equal((await engine.settled(run)).conclusion, "failed");
});

test("without fail-fast the other legs go on", async () => {
  const world = new World();
  const engine = await world.open();
  const { run } = await engine.createRun({ delivery: shop({ test: legs() }), plan: threeLegs, parallel: 1 });
  for (const n of ["1", "2", "3"]) await world.end(`web.test[n=${n}]`, n === "1" ? "failed" : "ok");
  assert.equal((await engine.settled(run)).conclusion, "failed");
  assert.deepEqual(world.stops, []);
});

test("a group holds over all runs, in order, and drops nobody", async () => {
  const world = new World();
  const engine = await world.open();
  const alone = shop({
    e2e: job({ per: "release", concurrency: { group: ["e2e ", { context: "branch" }], limit: 1 } }),
  });
  const runs: string[] = [];
  for (let i = 0; i < 3; i += 1) {
    runs.push((await engine.createRun({ delivery: alone, plan: plan([planned("web.e2e")]), parallel: 1 })).run);
  }
  assert.deepEqual(engine.state.groups.get("e2e main")?.inside.size, 1);
  for (let i = 0; i < 3; i += 1) {
    assert.equal(world.launches.length, i + 1);
    assert.equal(world.launches[i]!.run, runs[i]);
    await world.end("web.e2e");
  }
  assert.equal(engine.state.groups.size, 0, "empty groups are forgotten");
});

test("whoever asked to be alone in a group stays alone", async () => {
  const world = new World();
  const engine = await world.open();
  const group = (limit: number) => job({ per: "release", concurrency: { group: "db", limit } });
  const jobs = plan([planned("web.migrate"), planned("web.read")]);
  await engine.createRun({ delivery: shop({ migrate: group(1), read: group(2) }), plan: jobs, parallel: 4 });
  assert.deepEqual(world.started, ["web.migrate"]);
  await world.end("web.migrate");
  assert.deepEqual(world.started, ["web.migrate", "web.read"]);
});
