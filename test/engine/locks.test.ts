import assert from "node:assert/strict";
import { test } from "node:test";
import { delivery, environment, job, pipeline, plan, planned } from "./world/build.ts";
import { settle, World } from "./world/world.ts";

const shop = delivery(
  [
    pipeline("infra", { apply: job({ deploys: true }) }),
    pipeline("web", { build: job({ per: "release" }), deploy: job({ deploys: true }), smoke: job() }),
  ],
  [environment("dev")],
);
const webPlan = plan([
  planned("web.build"),
  planned("web.deploy@dev", { after: ["web.build"] }),
  planned("web.smoke@dev", { after: ["web.deploy@dev"] }),
]);

async function twoRuns() {
  const world = new World();
  const engine = await world.open();
  const first = await engine.createRun({ delivery: shop, plan: webPlan, parallel: 2 });
  const second = await engine.createRun({ delivery: shop, plan: webPlan, parallel: 2 });
  const end = async (run: string, id: string, how: "ok" | "failed" = "ok") => {
    world.report(world.launches.findLast((launch) => launch.run === run && launch.job === id)!.token, how);
    await settle();
  };
  return { world, engine, first: first.run, second: second.run, end };
}

test("the second deployment waits until everything of the first in that environment has ended", async () => {
  const { world, engine, first, second, end } = await twoRuns();
  await end(first, "web.build");
  await end(second, "web.build");
  assert.deepEqual(engine.state.environments.get("dev")?.queue, [second]);
  await end(first, "web.deploy@dev");
  assert.equal(world.launches.filter((launch) => launch.run === second).length, 1);
  await end(first, "web.smoke@dev");
  assert.equal(engine.state.environments.get("dev")?.holder, second);
  await end(second, "web.deploy@dev");
  await end(second, "web.smoke@dev");
  assert.equal(engine.state.environments.get("dev")?.holder, undefined);
  assert.equal(engine.state.deployed.dev?.web?.release, 2);
});

test("an older release that comes later is skipped where a newer one has begun to deploy", async () => {
  const { world, engine, first, second, end } = await twoRuns();
  await end(second, "web.build");
  await end(first, "web.build");
  await end(second, "web.deploy@dev", "failed");
  const finished = await engine.settled(first);
  assert.equal(finished.conclusion, "cancelled");
  const skipped = world.events("job.skipped").filter((event) => event.run === first);
  assert.deepEqual(
    skipped.map(({ job: id, code, because }) => [id, code, because]),
    [
      ["web.deploy@dev", "superseded", "release 2"],
      ["web.smoke@dev", "gate", "web.deploy@dev"],
    ],
  );
  assert.match(skipped[0]!.text, /release 2 of web came to dev before this release 1/);
});

test("a promotion or rollback goes to the environment that it was asked for, and to no other", async () => {
  const world = new World();
  const engine = await world.open();
  const both = { delivery: shop, parallel: 2 };
  const slow = plan([planned("web.build"), planned("web.deploy@dev", { after: ["web.build"] })]);
  const end = (run: string, job: string) => {
    world.report(world.launches.findLast((launch) => launch.run === run && launch.job === job)!.token, "ok");
    return settle();
  };
  await engine.createRun({ ...both, plan: plan([planned("infra.apply@dev")]) });
  await world.end("infra.apply@dev");
  const { run: other } = await engine.createRun({ ...both, plan: slow });
  const { run: late } = await engine.createRun({ ...both, plan: slow, moves: 1 });
  for (const job of ["web.build", "web.deploy@dev"]) await end(other, job);
  await end(late, "web.build");
  assert.equal((await engine.settled(late)).conclusion, "cancelled");
  const skipped = world.events("job.skipped").find(({ run }) => run === late);
  assert.deepEqual([skipped?.code, skipped?.because], ["superseded", `run ${other}`]);
  assert.match(skipped!.text, /changed dev after this was asked for/);

  const { run: back } = await engine.createRun({ ...both, plan: slow, moves: 1, by: "ann", comment: "slow pages" });
  await assert.rejects(
    engine.createRun({ ...both, plan: slow, moves: 1 }),
    new RegExp(`run ${back} is at dev, and what this would bring depends on how that ends`),
  );
  for (const job of ["web.build", "web.deploy@dev"]) await end(back, job);
  assert.equal((await engine.settled(back)).conclusion, "succeeded");
  assert.deepEqual(engine.state.deployed.dev?.web, { release: 4, origin: 1, commit: "c1", outputs: {}, artifacts: {} });
  const created = world.events("run.created").find(({ run }) => run === back);
  assert.deepEqual([created?.moves, created?.by, created?.comment], [1, "ann", "slow pages"]);
});

test("who is cancelled while waiting gives up its place", async () => {
  const { engine, first, second, end } = await twoRuns();
  await end(first, "web.build");
  await end(second, "web.build");
  await engine.cancel(second, { mode: "graceful", by: "ann" });
  assert.deepEqual(engine.state.environments.get("dev")?.queue, []);
  assert.equal((await engine.settled(second)).conclusion, "cancelled");
});

test("a release with two deploying jobs in one pipeline is not superseded by itself", async () => {
  const world = new World();
  const engine = await world.open();
  const twice = delivery(
    [pipeline("web", { deploy: job({ deploys: true }), activate: job({ deploys: true }) })],
    [environment("dev")],
  );
  const { run } = await engine.createRun({
    delivery: twice,
    plan: plan([planned("web.deploy@dev"), planned("web.activate@dev", { after: ["web.deploy@dev"] })]),
    parallel: 1,
  });
  await world.end("web.deploy@dev");
  await world.end("web.activate@dev");
  assert.equal((await engine.settled(run)).conclusion, "succeeded");
  assert.deepEqual(world.started, ["web.deploy@dev", "web.activate@dev"]);
});
