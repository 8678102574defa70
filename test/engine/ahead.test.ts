import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineStopped } from "../../src/engine/turns.ts";
import type { Job } from "../../src/model/delivery.ts";
import { delivery, environment, job, pipeline, plan, planned } from "./world/build.ts";
import { settle, World } from "./world/world.ts";

async function begun(test: Partial<Job> = {}) {
  const jobs = {
    build: job({ per: "release" }),
    test: job({ per: "release", ...test }),
    deploy: job({ deploys: true }),
    report: job({}),
  };
  const shop = delivery([pipeline("web", jobs)], [environment("dev")]);
  const shopPlan = plan([
    planned("web.build"),
    planned("web.test", { after: ["web.build"] }),
    planned("web.deploy@dev", { after: ["web.test"] }),
    planned("web.report@dev", { after: ["web.deploy@dev"] }),
  ]);
  const world = new World();
  const engine = await world.open();
  const { run } = await engine.createRun({ delivery: shop, plan: shopPlan, parallel: 2 });
  world.slow = true;
  return { world, engine, run, told: told(world, engine) };
}

function told(world: World, engine: Awaited<ReturnType<World["open"]>>): string[] {
  const seen: string[] = [];
  engine.subscribe(({ event, seq }) => {
    assert.ok(seq <= world.journal.length, `event ${seq} was told and is not durable`);
    seen.push(event.type);
  });
  return seen;
}

test("a job that deploys nothing begins before it is durable, and is told of when it is; a deployment waits", async () => {
  const { world, engine, run, told } = await begun();
  await world.end("web.build");
  assert.deepEqual(world.started, ["web.build", "web.test"]);
  assert.deepEqual([world.story.at(-1), told], ["job.started web.build", []]);
  await world.end("web.test");
  assert.deepEqual(world.started.at(-1), "web.deploy@dev");
  assert.deepEqual(world.story.slice(-5), [
    "job.succeeded web.build",
    "job.started web.test",
    "job.succeeded web.test",
    "lock.acquired dev",
    "job.started web.deploy@dev",
  ]);
  assert.deepEqual(told, ["job.succeeded", "job.started", "job.succeeded", "lock.acquired", "job.started"]);
  await world.end("web.deploy@dev");
  assert.equal(world.story.at(-1), "job.started web.report@dev", "what a deployment came to is durable at once");
  await world.end("web.report@dev");
  assert.equal((await engine.settled(run)).conclusion, "succeeded");
  assert.deepEqual(world.started, ["web.build", "web.test", "web.deploy@dev", "web.report@dev"], "each began once");
});

test("a job that takes a place in a group waits until it is durable: others must see the place taken", async () => {
  const { world } = await begun({ concurrency: { group: "emulator", limit: 1 } });
  await world.end("web.build");
  assert.deepEqual([world.started.at(-1), world.story.at(-1)], ["web.test", "job.started web.test"]);
});

test("what was lost with its Baton is ended before the job starts again, and what had ended is done once more", async () => {
  const { world, run } = await begun();
  await world.end("web.build");
  const [, lost] = world.launches;
  world.lose();
  world.slow = false;
  const engine = await world.open();
  assert.deepEqual(world.reapedRuns, [run]);
  assert.ok(!world.reaped.includes(lost!.token), "the journal does not know it");
  assert.equal(engine.state.runs.get(run)?.jobs.get("web.test")?.status, "waiting");
  assert.deepEqual(world.started, ["web.build", "web.test", "web.build"]);
  world.report(lost!.token, "ok");
  await settle();
  assert.equal(engine.state.runs.get(run)?.jobs.get("web.test")?.status, "waiting");
});

test("when the engine stops in the middle of a write, everybody whose turn is in it is told", async () => {
  const { world, engine, run } = await begun();
  engine.subscribe(() => {
    throw new Error("the screen is gone");
  });
  await world.end("web.build");
  const refused = engine.answer(run, "dev", { answer: "approved", by: "ann" });
  await settle();
  assert.equal(world.story.at(-1), "job.started web.build", "both turns are still to be written");
  const cancelled = engine.cancel(run, { mode: "graceful", by: "ann" });
  const asked = await outcomesOf([refused, cancelled]);
  assert.deepEqual(asked, [stopped("the screen is gone"), stopped("the screen is gone")]);
  assert.ok(world.story.includes("run.cancel-requested"), "what is written counts for the next Baton");
});

test("when a job that goes ahead cannot be started, whoever asked in that turn is told", async () => {
  const { world, engine, run } = await begun();
  world.ports.runner.start = () => {
    throw new Error("no processes left");
  };
  world.report(world.launches[0]!.token, "ok");
  const refused = engine.answer(run, "dev", { answer: "approved", by: "ann" });
  await settle();
  world.write();
  assert.deepEqual(await outcomesOf([refused]), [stopped("no processes left")]);
});

const stopped = (reason: string) => `${EngineStopped.name}: ${reason}`;

/** What each came to by now; `nothing` where it would wait for ever. */
async function outcomesOf(asked: Promise<unknown>[]): Promise<string[]> {
  const outcomes = asked.map(() => "nothing");
  for (const [index, each] of asked.entries()) {
    const note = (outcome: string) => {
      outcomes[index] = outcome;
    };
    each.then(
      () => note("done"),
      (error: Error) => note(`${error.name}: ${error.message}`),
    );
  }
  await settle();
  return outcomes;
}
