import assert from "node:assert/strict";
import { test } from "node:test";
import type { Approval } from "../../src/model/delivery.ts";
import { delivery, environment, job, pipeline, plan, planned } from "./world/build.ts";
import { World } from "./world/world.ts";

const approval = { reviewers: ["release-managers"], timeoutMs: 60_000 };
const shop = delivery(
  [
    pipeline("web", {
      deploy: job({ deploys: true }),
      smoke: job({ continueOnFailure: true }),
      tell: job({ runsAfter: "failure" }),
    }),
  ],
  [environment("test"), environment("prod", { after: ["test"], approval })],
);
const shopPlan = plan(
  [
    planned("web.deploy@test"),
    planned("web.smoke@test", { after: ["web.deploy@test"] }),
    planned("web.deploy@prod", { after: ["@test:end"] }),
    planned("web.tell@prod", { after: ["web.deploy@prod"], requires: [] }),
  ],
  { joins: [{ id: "@test:end", after: ["web.smoke@test", "web.deploy@test"], requires: ["web.deploy@test"] }] },
);

async function inTest() {
  const world = new World();
  const engine = await world.open();
  const { run } = await engine.createRun({ delivery: shop, plan: shopPlan, parallel: 2 });
  await world.end("web.deploy@test");
  return { world, engine, run, state: engine.state.runs.get(run)! };
}

test("a person is asked when everything before has passed, and no lock is held meanwhile", async () => {
  const { world, engine, run, state } = await inTest();
  assert.equal(world.events("approval.requested").length, 0);
  await world.end("web.smoke@test", "failed");
  assert.deepEqual(world.events("approval.requested"), [
    {
      type: "approval.requested",
      run,
      environment: "prod",
      reviewers: ["release-managers"],
      expiresAt: world.now + 60_000,
    },
  ]);
  assert.equal(state.status, "awaiting-approval");
  assert.equal(state.locksHeld, 0);
  await engine.answer(run, "prod", { answer: "approved", by: "ann" });
  assert.equal(world.started.at(-1), "web.deploy@prod");
  await world.end("web.deploy@prod");
  assert.equal((await engine.settled(run)).conclusion, "succeeded");
});

test("when what is before does not pass, nobody is asked and nothing there runs, not even a report of failure", async () => {
  const world = new World();
  const engine = await world.open();
  const { run } = await engine.createRun({ delivery: shop, plan: shopPlan, parallel: 2 });
  await world.end("web.deploy@test", "failed");
  assert.equal((await engine.settled(run)).conclusion, "failed");
  assert.equal(world.events("approval.requested").length, 0);
  assert.deepEqual(world.started, ["web.deploy@test"]);
});

test("rejected or not answered in time, the environment is skipped and the run has failed; a retry asks again", async () => {
  for (const how of ["rejected", "expired"] as const) {
    const { world, engine, run } = await inTest();
    await world.end("web.smoke@test");
    if (how === "expired") await world.advanceClock(60_000);
    else await engine.answer(run, "prod", { answer: "rejected", by: "ann", comment: "not on Friday" });
    assert.equal((await engine.settled(run)).conclusion, "failed");
    const [skipped] = world.events("job.skipped");
    assert.equal(skipped?.code, "not-approved");
    assert.match(
      skipped!.text,
      how === "expired" ? /nobody approved prod in time/ : /ann rejected prod: not on Friday/,
    );
    await engine.retry(run, { by: "ann" });
    assert.equal(world.events("approval.requested").length, 2);
    await engine.answer(run, "prod", { answer: "approved", by: "ann" });
    assert.equal(world.started.at(-1), "web.deploy@prod");
  }
});

test("an answer nobody waits for is refused, and says who waits", async () => {
  const { world, engine, run } = await inTest();
  const yes = { answer: "approved", by: "ann" } as const;
  await assert.rejects(engine.answer(run, "prod", yes), /does not wait for an approval of prod \(waiting: none\)/);
  await world.end("web.smoke@test");
  await assert.rejects(engine.answer(run, "test", yes), /waiting: prod/);
  await engine.cancel(run, { mode: "graceful", by: "ann" });
  assert.equal((await engine.settled(run)).conclusion, "cancelled");
});

/** The same, where prod asks more. */
async function askedInProd(more: Partial<Approval>, by?: string) {
  const world = new World();
  const engine = await world.open();
  const asks = {
    ...shop,
    environments: [shop.environments[0]!, environment("prod", { after: ["test"], approval: { ...approval, ...more } })],
  };
  const { run } = await engine.createRun({ delivery: asks, plan: shopPlan, parallel: 2, ...(by && { by }) });
  await world.end("web.deploy@test");
  await world.end("web.smoke@test");
  return { world, engine, run, state: () => engine.state.runs.get(run)!.environments.get("prod")!.approval };
}

test("several must approve: each of them once, also over a crash, and one who rejects is enough", async () => {
  const { world, engine, run } = await askedInProd({ count: 3 });
  await engine.answer(run, "prod", { answer: "approved", by: "ann", comment: "looks good" });
  await assert.rejects(engine.answer(run, "prod", { answer: "approved", by: "ann" }), { code: "approved-already" });
  assert.deepEqual(world.events("approval.given"), [
    { type: "approval.given", run, environment: "prod", by: "ann", comment: "looks good" },
  ]);
  const later = await world.open();
  await assert.rejects(later.answer(run, "prod", { answer: "approved", by: "ann" }), { code: "approved-already" });
  await later.answer(run, "prod", { answer: "approved", by: "bob" });
  assert.equal(world.started.at(-1), "web.smoke@test");
  await later.answer(run, "prod", { answer: "approved", by: "cid" });
  assert.equal(world.started.at(-1), "web.deploy@prod");

  const other = await askedInProd({ count: 2 });
  await other.engine.answer(other.run, "prod", { answer: "approved", by: "ann" });
  await other.engine.answer(other.run, "prod", { answer: "rejected", by: "bob" });
  assert.equal((await other.engine.settled(other.run)).conclusion, "failed");
  await other.engine.retry(other.run, { by: "ann" });
  await other.engine.answer(other.run, "prod", { answer: "approved", by: "ann" });
  assert.equal(other.state().status, "requested", "what was approved before it was rejected does not count");
});

test("whoever asked for the run may reject it and not approve it, where that is said", async () => {
  const { engine, run, world } = await askedInProd({ selfApproval: false }, "ann");
  await assert.rejects(engine.answer(run, "prod", { answer: "approved", by: "ann" }), { code: "own-run" });
  await engine.answer(run, "prod", { answer: "approved", by: "bob" });
  assert.equal(world.started.at(-1), "web.deploy@prod");
  const own = await askedInProd({ selfApproval: false }, "ann");
  await own.engine.answer(own.run, "prod", { answer: "rejected", by: "ann" });
  assert.equal((await own.engine.settled(own.run)).conclusion, "failed");
  const free = await askedInProd({}, "ann");
  await free.engine.answer(free.run, "prod", { answer: "approved", by: "ann" });
  assert.equal(free.world.started.at(-1), "web.deploy@prod");
});

test("people are told again each time that nobody has answered for so long, until the answer is due", async () => {
  const { world, run } = await askedInProd({ reminderMs: 25_000 });
  const asked = world.now;
  await world.advanceClock(25_000);
  assert.deepEqual(world.events("approval.reminded"), [
    { type: "approval.reminded", run, environment: "prod", remindAt: asked + 50_000 },
  ]);
  const later = await world.open();
  await world.advanceClock(25_000);
  assert.equal(world.events("approval.reminded").length, 2);
  assert.equal(world.events("approval.reminded")[1]!.remindAt, undefined, "the answer is due before");
  await world.advanceClock(10_000);
  assert.equal((await later.settled(run)).conclusion, "failed");
  assert.equal(world.events("approval.reminded").length, 2);
  const answered = await askedInProd({ reminderMs: 25_000 });
  await answered.engine.answer(answered.run, "prod", { answer: "approved", by: "ann" });
  await answered.world.advanceClock(25_000);
  assert.equal(answered.world.events("approval.reminded").length, 0);
});

test("where one of two has approved it does not say that nobody did", async () => {
  const { world, engine, run } = await askedInProd({ count: 2 });
  await engine.answer(run, "prod", { answer: "approved", by: "ann" });
  await world.advanceClock(60_000);
  const [skipped] = world.events("job.skipped");
  assert.equal(skipped?.text, "prod was not approved in time: it takes 2 people, and only ann approved");
});

test("a request survives a crash and still expires", async () => {
  const { world, run } = await inTest();
  await world.end("web.smoke@test");
  const engine = await world.open();
  assert.equal(engine.state.runs.get(run)?.status, "awaiting-approval");
  await world.advanceClock(60_000);
  assert.equal((await engine.settled(run)).conclusion, "failed");
});
