import assert from "node:assert/strict";
import { test } from "node:test";
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

test("a request survives a crash and still expires", async () => {
  const { world, run } = await inTest();
  await world.end("web.smoke@test");
  const engine = await world.open();
  assert.equal(engine.state.runs.get(run)?.status, "awaiting-approval");
  await world.advanceClock(60_000);
  assert.equal((await engine.settled(run)).conclusion, "failed");
});
