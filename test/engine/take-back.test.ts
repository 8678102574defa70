import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineRefusal } from "../../src/engine/refusal.ts";
import { waitsFor } from "../../src/engine/waiting.ts";
import { delivery, environment, job, pipeline, plan, planned } from "./world/build.ts";
import { World } from "./world/world.ts";

const approval = { reviewers: ["ann"], timeoutMs: 60_000 };
const shop = delivery(
  [
    pipeline("web", {
      deploy: job({ deploys: true }),
      smoke: job({ verify: { forMs: 0, everyMs: 1000 }, needs: ["deploy"] }),
    }),
  ],
  [environment("dev", { onFailure: "rollback" }), environment("prod", { onFailure: "rollback", approval })],
);
const toDev = plan([planned("web.deploy@dev"), planned("web.smoke@dev", { after: ["web.deploy@dev"] })]);
const back = { ...toDev, change: { ...toDev.change, event: "rollback" as const } };

/** The first has failed in dev, and the second waits behind that. */
async function failed() {
  const world = new World();
  const engine = await world.open();
  const made = { delivery: shop, parallel: 2 };
  const first = (await engine.createRun({ ...made, plan: toDev })).run;
  const second = (await engine.createRun({ ...made, plan: toDev })).run;
  await world.end("web.deploy@dev");
  await world.end("web.smoke@dev", "failed");
  const takesBack = { environment: "dev", failed: first };
  const goBack = async () => (await engine.createRun({ ...made, plan: back, moves: 1, takesBack })).run;
  const waitOfSecond = () => {
    const run = engine.state.runs.get(second)!;
    return waitsFor(engine.state, run, run.jobs.get("web.deploy@dev")!, world.now);
  };
  const holder = () => engine.state.environments.get("dev")?.holder;
  return { world, engine, first, second, goBack, waitOfSecond, holder };
}

const refusedAs = (code: string) => (error: unknown) => error instanceof EngineRefusal && error.code === code;

test("nobody deploys where something is to be taken back, and a rollback goes before all who wait", async () => {
  const { engine, first, second, goBack, waitOfSecond, holder } = await failed();
  assert.equal(holder(), undefined);
  assert.deepEqual(waitOfSecond(), { kind: "rollback", environment: "dev", failed: first });
  const run = await goBack();
  assert.equal(holder(), run);
  assert.deepEqual(engine.state.environments.get("dev")?.queue, [second]);
  await assert.rejects(goBack(), refusedAs("not-owed"), "it is taken back once");
});

test("what is declined keeps nobody waiting", async () => {
  const { engine, first, second, holder } = await failed();
  await assert.rejects(engine.declineRollback("dev", { failed: second, because: "no" }), refusedAs("not-owed"));
  await engine.declineRollback("dev", { failed: first, because: "it drops a column" });
  assert.equal(holder(), second);
});

test("the run that failed may try again, and then nothing is to be taken back any more", async () => {
  const { world, engine, first, second, holder } = await failed();
  assert.deepEqual(await engine.retry(first, { by: "ann" }), ["web.smoke@dev"]);
  assert.equal(holder(), first, "it looks at what it has deployed, under the lock");
  await world.end("web.smoke@dev");
  assert.equal((await engine.settled(first)).conclusion, "succeeded");
  assert.equal(holder(), second);
});

test("what was changed since is not verified by an older run", async () => {
  const { world, engine, first, goBack } = await failed();
  const run = await goBack();
  await engine.retry(first, { by: "ann" });
  await world.end("web.deploy@dev");
  await world.end("web.smoke@dev");
  assert.equal((await engine.settled(run)).conclusion, "succeeded");
  assert.equal((await engine.settled(first)).conclusion, "cancelled");
  const skipped = world.events("job.skipped").findLast((event) => event.run === first);
  assert.equal(skipped?.code, "superseded");
});

test("a rollback that is cancelled leaves it to people", async () => {
  const { world, engine, second, goBack, holder } = await failed();
  const run = await goBack();
  await engine.cancel(run, { mode: "now", by: "ann" });
  await world.end("web.deploy@dev", "stopped");
  assert.equal((await engine.settled(run)).conclusion, "cancelled");
  assert.equal(engine.state.environments.get("dev")?.owed, undefined);
  assert.notEqual(holder(), second, "which was asked for before, and is older");
});

test("who is not asked about the rollback of a failure is asked about any other", async () => {
  const world = new World();
  const engine = await world.open();
  const there = plan([planned("web.deploy@prod")]);
  const { run } = await engine.createRun({ delivery: shop, plan: there, parallel: 1 });
  await engine.answer(run, "prod", { answer: "approved", by: "ann" });
  await world.end("web.deploy@prod", "failed");
  const goesBack = { ...there, change: { ...there.change, event: "rollback" as const } };
  const takesBack = { environment: "prod", failed: run };
  const other = await engine.createRun({ delivery: shop, plan: goesBack, parallel: 1, moves: 1 });
  assert.equal(engine.state.runs.get(other.run)?.status, "awaiting-approval", "somebody chose where to go");
  await engine.cancel(other.run, { mode: "now", by: "ann" });
  await assert.rejects(
    engine.createRun({ delivery: shop, plan: goesBack, parallel: 1, moves: 1, takesBack }),
    refusedAs("not-owed"),
  );
});
