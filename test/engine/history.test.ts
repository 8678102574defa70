/** A run is forgotten when it has finished, and known again when somebody asks for it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { restoreCheckpoint, takeCheckpoint } from "../../src/engine/checkpoint.ts";
import { replay } from "../../src/engine/fold.ts";
import { checkpointShape } from "../../src/engine/saved-state.ts";
import { snapshot } from "./simulation/snapshot.ts";
import { delivery, environment, job, pipeline, plan, planned } from "./world/build.ts";
import { World } from "./world/world.ts";

const shop = delivery(
  [pipeline("web", { build: job({ per: "release" }), deploy: job({ deploys: true }) })],
  [environment("dev")],
);
const shopPlan = plan([planned("web.build"), planned("web.deploy@dev", { after: ["web.build"] })]);
const newRun = { delivery: shop, plan: shopPlan, parallel: 2 };

test("the state is no longer than what goes on, however many runs there were", async () => {
  const world = new World();
  const engine = await world.open();
  for (let number = 0; number < 20; number += 1) {
    const { run } = await engine.createRun(newRun);
    await world.end("web.build");
    await world.end("web.deploy@dev");
    assert.equal((await engine.settled(run)).conclusion, "succeeded");
    assert.equal(engine.state.runs.size, 0);
  }
  const { run } = await engine.createRun(newRun);
  assert.deepEqual([...engine.state.runs.keys()], [run]);
});

test("a run that finished long ago, under another Baton, is known and can be retried", async () => {
  const world = new World();
  const first = await world.open();
  const { run } = await first.createRun(newRun);
  await world.end("web.build");
  await world.end("web.deploy@dev", "failed");
  assert.equal((await first.settled(run)).conclusion, "failed");

  const second = await world.open();
  assert.equal(second.state.runs.size, 0);
  const known = second.run(run)!;
  assert.equal(known.finished?.conclusion, "failed");
  assert.deepEqual(
    known.list.map(({ id, status, attempt }) => [id, status, attempt]),
    [
      ["web.build", "succeeded", 1],
      ["web.deploy@dev", "failed", 1],
    ],
  );
  assert.deepEqual(await second.retry(run, { by: "ann" }), ["web.deploy@dev"]);
  assert.equal(world.launches.at(-1)?.attempt, 2);
  await world.end("web.deploy@dev");
  assert.equal((await second.settled(run)).conclusion, "succeeded");
  await assert.rejects(second.cancel(run, { mode: "now", by: "ann" }), /has ended already: succeeded/);
  assert.equal(second.run("run-99"), undefined);
});

test("a checkpoint is small where a plan is large, and of another shape it is not read", async () => {
  const world = new World();
  const engine = await world.open();
  const { run } = await engine.createRun(newRun);
  const saved = takeCheckpoint(engine.state);
  assert.ok(JSON.stringify(saved).length < 3000, "deliveries and plans stand in the journal alone");
  const runEvents = (wanted: string) => world.journal.filter(({ event }) => event.run === wanted);
  assert.equal(snapshot(restoreCheckpoint(structuredClone(saved), runEvents)!), snapshot(replay(world.journal)));
  assert.equal(restoreCheckpoint({ ...saved, shape: checkpointShape + 1 }, runEvents), undefined);
  assert.equal(
    restoreCheckpoint(structuredClone(saved), () => []),
    undefined,
    `nothing says what ${run} is`,
  );
});
