import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery, environment, job, pipeline, plan, planned } from "./world/build.ts";
import { World } from "./world/world.ts";

const shop = delivery(
  [pipeline("web", { build: job({ per: "release" }), test: job({ per: "release" }), deploy: job({ deploys: true }) })],
  [environment("dev")],
);
const shopPlan = plan([
  planned("web.build"),
  planned("web.test", { after: ["web.build"] }),
  planned("web.deploy@dev", { after: ["web.test"] }),
]);

test("a chain runs in order, each end and the next start in one write", async () => {
  const world = new World();
  const engine = await world.open();
  const { run, release } = await engine.createRun({ delivery: shop, plan: shopPlan, parallel: 2 });
  assert.equal(release, 1);
  assert.deepEqual(world.started, ["web.build"]);
  await world.end("web.build");
  await world.end("web.test");
  await world.end("web.deploy@dev");
  const finished = await engine.settled(run);
  assert.equal(finished.conclusion, "succeeded");
  assert.deepEqual(finished.deployed, { dev: { web: { release: 1, commit: "c1", outputs: {}, artifacts: {} } } });
  assert.deepEqual(world.story, [
    "run.created",
    "job.started web.build",
    "job.succeeded web.build",
    "job.started web.test",
    "job.succeeded web.test",
    "lock.acquired dev",
    "job.started web.deploy@dev",
    "job.succeeded web.deploy@dev",
    "lock.released dev",
    "run.finished succeeded",
  ]);
  assert.deepEqual(world.writes, [2, 2, 3, 3]);
  assert.deepEqual(engine.state.deployed, finished.deployed);
});

test("what a failure makes impossible is skipped, with the job that made it so", async () => {
  const world = new World();
  const engine = await world.open();
  const { run } = await engine.createRun({ delivery: shop, plan: shopPlan, parallel: 2 });
  await world.end("web.build", "failed");
  assert.equal((await engine.settled(run)).conclusion, "failed");
  assert.deepEqual(
    world.events("job.skipped").map(({ job: id, because }) => [id, because]),
    [
      ["web.test", "web.build"],
      ["web.deploy@dev", "web.build"],
    ],
  );
});
