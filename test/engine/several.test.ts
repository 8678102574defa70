import assert from "node:assert/strict";
import { test } from "node:test";
import type { EngineRefusal } from "../../src/engine/refusal.ts";
import { delivery, environment, job, pipeline, plan, planned } from "./world/build.ts";
import { settle, World } from "./world/world.ts";

const approval = { reviewers: ["ops"], timeoutMs: 60_000 };
const shop = delivery(
  [pipeline("web", { build: job({ per: "release" }), deploy: job({ deploys: true }) })],
  [environment("dev"), environment("prod", { approval })],
);
const toDev = plan([planned("web.build"), planned("web.deploy@dev", { after: ["web.build"] })]);
const toProd = plan([planned("web.deploy@prod")]);
const create = { delivery: shop, plan: toDev, parallel: 2 };

/** Two Batons, each with a run that deploys to dev; the second waits for the first. */
async function twoInDev() {
  const world = new World();
  const one = await world.beside();
  const other = await world.beside();
  const first = (await one.createRun(create)).run;
  const second = (await other.createRun(create)).run;
  for (const { token } of world.launches.slice()) world.report(token, "ok");
  await settle();
  return { world, one, other, first, second, lease: world.owner(first) };
}

const deploying = (world: World) =>
  world.launches.filter((launch) => launch.job === "web.deploy@dev").map(({ run }) => run);

test("runs of two Batons have numbers of their own and go through an environment one after the other", async () => {
  const { world, one, other, first, second } = await twoInDev();
  assert.deepEqual(
    [one, other].map((engine) => [...engine.state.runs.values()].map(({ release }) => release)),
    [
      [1, 2],
      [1, 2],
    ],
  );
  assert.deepEqual(deploying(world), [first]);
  await world.end("web.deploy@dev");
  assert.deepEqual(deploying(world), [first, second]);
  await world.end("web.deploy@dev");
  assert.equal((await one.settled(second)).conclusion, "succeeded", "each hears of the other's end");
});

test("an answer and a cancel may come from any Baton, and the owner goes on with them", async () => {
  const world = new World();
  const owner = await world.beside();
  const other = await world.beside();
  const { run } = await owner.createRun({ ...create, plan: toProd });
  await other.answer(run, "prod", { answer: "approved", by: "ann" });
  await settle();
  assert.deepEqual(world.started, ["web.deploy@prod"]);
  await other.cancel(run, { mode: "now", by: "ann" });
  await settle();
  assert.deepEqual(
    world.stops.map(({ token }) => token),
    [world.launches[0]!.token],
    "stopped once, by its owner",
  );
  await world.end("web.deploy@prod", "stopped");
  assert.equal((await other.settled(run)).conclusion, "cancelled");
});

test("of two answers given at the same moment the later one is refused", async () => {
  const world = new World();
  const [one, other] = [await world.beside(), await world.beside()];
  const { run } = await one.createRun({ ...create, plan: toProd });
  const answers = await Promise.allSettled([
    one.answer(run, "prod", { answer: "rejected", by: "ann" }),
    other.answer(run, "prod", { answer: "approved", by: "bob" }),
  ]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    ["fulfilled", "rejected"],
  );
  assert.equal(world.events("approval.answered").length, 1);
  assert.deepEqual(world.started, []);
});

test("nobody takes up the run of a Baton that is there", async () => {
  const { other, first, lease } = await twoInDev();
  for (const attempt of [
    () => other.adopt([first], { by: "ann" }),
    () => other.suspend(first, { by: "ann", because: "so" }),
  ]) {
    await assert.rejects(attempt(), (error: EngineRefusal) => {
      assert.deepEqual([error.code, error.subject, error.known], ["runs-elsewhere", first, [lease]]);
      return true;
    });
  }
});

test("what a Baton that is gone has left is suspended as soon as it stands in the way, and gives up all it holds", async () => {
  const { world, other, first, second, lease } = await twoInDev();
  world.die(lease);
  await world.advanceClock(1000);
  assert.deepEqual(world.reaped, [
    world.launches.find(({ run, job: id }) => run === first && id === "web.deploy@dev")!.token,
  ]);
  assert.deepEqual(world.story.slice(-4), [
    "job.interrupted web.deploy@dev",
    "run.suspended",
    "lock.acquired dev",
    "job.started web.deploy@dev",
  ]);
  assert.deepEqual(world.events("run.suspended"), [
    { type: "run.suspended", run: first, by: "baton", because: `its Baton is gone, and run ${second} needs dev` },
  ]);
  const { status, locksHeld, running } = other.state.runs.get(first)!;
  assert.deepEqual([status, locksHeld, running], ["suspended", 0, 0]);
  assert.deepEqual(other.state.environments.get("dev")?.queue, []);
  await world.end("web.deploy@dev");
  assert.equal((await other.settled(second)).conclusion, "succeeded");
});

test("an older run that is adopted after a newer one has deployed there overwrites nothing", async () => {
  const { world, other, first, second, lease } = await twoInDev();
  world.die(lease);
  await world.advanceClock(1000);
  await world.end("web.deploy@dev");
  await other.adopt([first], { by: "ann" });
  assert.equal((await other.settled(first)).conclusion, "cancelled");
  assert.deepEqual(deploying(world), [first, second]);
  assert.equal(other.state.deployed.dev?.web?.release, 2);
});

test("a run that nobody needs anything of is left as it is, and adopted it goes on where it was", async () => {
  const world = new World();
  const one = await world.beside();
  const { run } = await one.createRun(create);
  world.die();
  const other = await world.beside();
  await other.createRun({ ...create, plan: plan([planned("web.build")]) });
  await world.advanceClock(60_000);
  assert.equal(world.events("run.suspended").length, 0);
  assert.equal(other.isOrphan(run), true);
  assert.deepEqual(await other.adopt([run], { by: "ann" }), [{ run, job: "web.build" }]);
  assert.equal(other.isOrphan(run), false);
  const again = world.launches.at(-1)!;
  const { TRACEPARENT, ...env } = world.launches[0]!.env;
  const { TRACEPARENT: ofAgain, ...envAgain } = again.env;
  assert.deepEqual({ ...again, env: envAgain }, { ...world.launches[0], env, attempt: 2, token: again.token });
  assert.notEqual(ofAgain, TRACEPARENT, "an attempt has a span of its own");
});

test("a run that was suspended stands in line anew when it is adopted", async () => {
  const { world, other, first, second, lease } = await twoInDev();
  world.die(lease);
  await world.advanceClock(1000);
  await other.adopt([first], { by: "ann" });
  assert.deepEqual(other.state.environments.get("dev")?.queue, [first]);
  await world.end("web.deploy@dev", "failed");
  assert.equal((await other.settled(second)).conclusion, "failed");
  assert.equal((await other.settled(first)).conclusion, "cancelled", "a newer one began to deploy there");
});

test("a cancel of a run that nobody goes on with ends it in one turn, and nothing of it starts again", async () => {
  const { world, other, first, lease } = await twoInDev();
  world.die(lease);
  const started = world.launches.length;
  await other.cancel(first, { mode: "graceful", by: "ann" });
  assert.equal((await other.settled(first)).conclusion, "cancelled");
  assert.equal(world.launches.slice(started).filter(({ run }) => run === first).length, 0);
  assert.equal(world.reaped.length, 1);
});

test("an approval is answered though nobody goes on with the run; who adopts it goes on from there", async () => {
  const world = new World();
  const one = await world.beside();
  const { run } = await one.createRun({ ...create, plan: toProd });
  world.die();
  const other = await world.beside();
  await other.answer(run, "prod", { answer: "approved", by: "ann" });
  assert.deepEqual(world.started, []);
  await other.adopt([run], { by: "ann" });
  assert.deepEqual(world.started, ["web.deploy@prod"]);
});

test("an answer that comes too late is refused as expired, before and after somebody adopts the run", async () => {
  const world = new World();
  const one = await world.beside();
  const { run } = await one.createRun({ ...create, plan: toProd });
  world.die();
  const other = await world.beside();
  world.now += 60_000;
  const expired = { code: "expired", subject: "prod" };
  await assert.rejects(other.answer(run, "prod", { answer: "approved", by: "ann" }), expired);
  await other.adopt([run], { by: "ann" });
  await assert.rejects(other.answer(run, "prod", { answer: "approved", by: "ann" }), expired);
  assert.equal((await other.settled(run)).conclusion, "failed");
  assert.deepEqual(world.started, []);
});

test("a plan is refused when something was deployed since it was made", async () => {
  const { world, other, second } = await twoInDev();
  const plannedAt = other.state.seq;
  await world.end("web.deploy@dev");
  await assert.rejects(other.createRun({ ...create, plannedAt }), { code: "outdated-plan" });
  await world.end("web.deploy@dev");
  await other.settled(second);
  await other.createRun({ ...create, plannedAt: other.state.seq });
});

test("an attempt that others have given up is ended at its owner's next turn, and its report counts no more", async () => {
  const { world, one, other, first, lease } = await twoInDev();
  world.alive.delete(lease);
  await other.suspend(first, { by: "ann", because: "its lease was lost" });
  const { token } = world.launches.find(({ run, job: id }) => run === first && id === "web.deploy@dev")!;
  await settle();
  assert.deepEqual(world.stops, [{ token, mode: "now" }]);
  world.report(token, "ok");
  await settle();
  assert.equal(one.state.runs.get(first)?.jobs.get("web.deploy@dev")?.status, "ready");
  assert.equal(one.isOrphan(first), true);
});
