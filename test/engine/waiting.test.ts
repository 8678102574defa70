import assert from "node:assert/strict";
import { test } from "node:test";
import { type Wait, waitsFor } from "../../src/engine/waiting.ts";
import { delivery, environment, job, pipeline, plan, planned } from "./world/build.ts";
import { World } from "./world/world.ts";

const retry = { attempts: 2, delayMs: 1000, factor: 1, maxDelayMs: 1000 };
const matrix = { values: { n: ["1", "2"] }, include: [], exclude: [], failFast: false, maxParallel: 1 };
const shop = delivery(
  [
    pipeline("web", {
      build: job({ per: "release", retry }),
      test: job({ per: "release", matrix }),
      e2e: job({ per: "release", concurrency: { group: "db", limit: 1 } }),
      load: job({ per: "release", concurrency: { group: "db", limit: 1 } }),
      deploy: job({ deploys: true }),
    }),
  ],
  [environment("dev"), environment("prod", { approval: { reviewers: ["ops"], timeoutMs: 500 } })],
);

test("says of every job that does not run what it waits for", async () => {
  const world = new World();
  const engine = await world.open();
  const jobs = [
    planned("web.build"),
    planned("web.test[n=1]"),
    planned("web.test[n=2]"),
    planned("web.e2e"),
    planned("web.load"),
    planned("web.deploy@dev"),
    planned("web.deploy@prod", { after: ["@dev:end"] }),
  ];
  const joins = [{ id: "@dev:end", after: ["web.deploy@dev", "web.build"], requires: ["web.deploy@dev"] }];
  const first = await engine.createRun({ delivery: shop, plan: plan(jobs, { joins }), parallel: 9 });
  const deploying = plan([planned("web.deploy@dev"), planned("web.build"), planned("web.test[n=1]")]);
  const second = await engine.createRun({ delivery: shop, plan: deploying, parallel: 1 });
  await world.end("web.build", "failed");
  const wait = (run: string, id: string): Wait | undefined => {
    const state = engine.state.runs.get(run)!;
    return waitsFor(engine.state, state, state.jobs.get(id)!, world.now);
  };
  assert.deepEqual(wait(second.run, "web.build"), { kind: "time", until: world.now + 1000 });
  assert.deepEqual(wait(second.run, "web.deploy@dev"), {
    kind: "lock",
    environment: "dev",
    holder: first.run,
    ahead: 0,
  });
  assert.deepEqual(wait(first.run, "web.test[n=1]"), undefined);
  assert.deepEqual(wait(first.run, "web.test[n=2]"), { kind: "legs" });
  assert.deepEqual(wait(first.run, "web.load"), { kind: "group", group: "db" });
  assert.deepEqual(wait(first.run, "web.deploy@prod"), {
    kind: "jobs",
    jobs: ["web.deploy@dev", "web.build"],
    more: 0,
  });
});

test("a person is named with the time they have", async () => {
  const world = new World();
  const engine = await world.open();
  const { run } = await engine.createRun({ delivery: shop, plan: plan([planned("web.deploy@prod")]), parallel: 1 });
  const state = engine.state.runs.get(run)!;
  assert.deepEqual(waitsFor(engine.state, state, state.jobs.get("web.deploy@prod")!, world.now), {
    kind: "approval",
    environment: "prod",
    reviewers: ["ops"],
    expiresAt: world.now + 500,
  });
});
