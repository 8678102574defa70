import assert from "node:assert/strict";
import { test } from "node:test";
import type { Environment, Job } from "../../src/model/delivery.ts";
import { delivery, environment, job, pipeline, plan, planned } from "./world/build.ts";
import { settle, World } from "./world/world.ts";

/** What the engine makes of attempts that other machines run. */

const approval: Environment["approval"] = { reviewers: ["ann"], timeoutMs: 60_000 };

const retry = { attempts: 3, delayMs: 1000, factor: 1, maxDelayMs: 1000 };

function shop({ where = {}, build = {}, deploy: more = {} }: Omit<Building, "environments">) {
  const runsOn = { labels: ["linux", { context: "environment" as const }], group: "big" };
  const deploy = job({ deploys: true, runsOn, ...more });
  return delivery(
    [pipeline("web", { build: job({ per: "release", ...build }), deploy })],
    [environment("dev"), environment("prod", where)],
  );
}

interface Building {
  environments?: string[];
  where?: Partial<Environment>;
  build?: Partial<Job>;
  deploy?: Partial<Job>;
}

async function building({ environments = ["dev"], ...more }: Building = {}) {
  const world = new World();
  const first = await world.open();
  const deploys = environments.map((name) => planned(`web.deploy@${name}`, { after: ["web.build"] }));
  const asked = { delivery: shop(more), plan: plan([planned("web.build"), ...deploys]), parallel: 4 };
  const { run } = await first.createRun(asked);
  const { token } = world.launches[0]!;
  return { world, run, first, token };
}

const lost = (n = 1) => ({ kind: "lost" as const, because: `the agent build-${n} was lost` });

test("a job says what its machine must have, with all names filled in", async () => {
  const { world } = await building();
  await world.end("web.build");
  assert.deepEqual(world.launches.at(-1)!.runsOn, ["linux", "dev", "group:big"]);
  assert.equal(world.launches[0]!.runsOn, undefined);
});

test("what another machine runs goes on when its Baton is gone, and tells the next one of its end", async () => {
  const { world, run, token } = await building();
  world.goOn.add(token);
  const engine = await world.open();
  assert.deepEqual(world.reaped, []);
  assert.equal(world.events("job.interrupted").length, 0);
  // Told once more to the runner, which knows the attempt by its token.
  assert.deepEqual(
    world.launches.map((launch) => launch.token),
    [token, token],
  );
  world.report(token, "ok");
  await settle();
  await world.end("web.deploy@dev");
  assert.equal((await engine.settled(run)).conclusion, "succeeded");
  assert.equal(world.events("job.started").length, 2);
});

test("an end that is told before anybody has taken up the run is not lost: it is told again when its Baton asks", async () => {
  const { world, run, token } = await building();
  world.goOn.add(token);
  world.die();
  const engine = await world.beside();
  // Too early: this engine has not asked for it, and nothing may come of it twice.
  world.report(token, "ok");
  await settle();
  assert.equal(world.events("job.succeeded").length, 0);
  await engine.adopt([run], { by: "ann" });
  world.report(token, "ok");
  await settle();
  assert.equal(world.events("job.succeeded").length, 1);
});

test("whoever only makes room ends what other machines run as well", async () => {
  const { world, run, token } = await building();
  world.goOn.add(token);
  world.die();
  const engine = await world.beside();
  await engine.suspend(run, { by: "ann", because: "it is in the way" });
  assert.deepEqual(world.reaped, [token]);
  assert.equal(world.events("job.interrupted").length, 1);
});

test("a stop whose Baton did not live to pass it on is passed on by the next one", async () => {
  const { world, run, token, first } = await building();
  world.goOn.add(token);
  await first.cancel(run, { mode: "now", by: "ann" });
  world.stops.length = 0;
  await world.open();
  assert.deepEqual(world.stops, [{ token, mode: "graceful" }]);
});

test("a lost attempt is made again, without being a failure, and the run does not count as cancelled", async () => {
  const { world, run, token } = await building();
  world.report(token, lost());
  await settle();
  assert.deepEqual(world.events("job.interrupted")[0]?.because, "the agent build-1 was lost");
  assert.deepEqual(world.started, ["web.build", "web.build"]);
  await world.end("web.build");
  await world.end("web.deploy@dev");
  const engine = await world.beside();
  assert.equal(engine.run(run)?.finished?.conclusion, "succeeded");
});

test("a job that takes down every agent fails at the third; a retry counts anew", async () => {
  const { world, run, first } = await building();
  for (const n of [1, 2, 3]) await world.end("web.build", lost(n));
  assert.equal(world.started.length, 3);
  const [failed] = world.events("job.failed");
  assert.equal(failed?.failure.kind, "lost");
  assert.match(failed.failure.message, /build-3 was lost; that is the 3rd time in a row/);
  assert.equal((await first.settled(run)).conclusion, "failed");
  await first.retry(run, { by: "ann" });
  for (const n of [1, 2]) await world.end("web.build", lost(n));
  assert.equal(world.events("job.failed").length, 1);
  await world.end("web.build");
  assert.equal(world.started.at(-1), "web.deploy@dev");
});

test("a failure between losses is no loss: they count anew, also after a crash of Baton", async () => {
  for (const crash of [false, true]) {
    const { world } = await building({ build: { retry } });
    for (const n of [1, 2]) await world.end("web.build", lost(n));
    await world.end("web.build", "failed");
    await world.advanceClock(retry.delayMs);
    if (crash) await world.open();
    await world.end("web.build", lost(3));
    assert.equal(world.events("job.failed").length, 1, String(crash));
  }
});

test("how often it was lost is known after a crash of Baton, which itself does not count", async () => {
  const { world } = await building();
  for (const n of [1, 2]) await world.end("web.build", lost(n));
  await world.open();
  assert.equal(world.events("job.failed").length, 0);
  await world.end("web.build", lost(3));
  assert.equal(world.events("job.failed").length, 1);
});

test("where somebody approves what is deployed, a lost deployment is not repeated before somebody has looked", async () => {
  const { world, run, first } = await building({ environments: ["dev", "prod"], where: { approval } });
  await world.end("web.build");
  await first.answer(run, "prod", { answer: "approved", by: "ann" });
  await world.end("web.deploy@dev", lost());
  await world.end("web.deploy@prod", lost());
  assert.deepEqual(
    world.events("job.interrupted").map((event) => event.job),
    ["web.deploy@dev"],
  );
  const [failed] = world.events("job.failed");
  assert.equal(failed?.job, "web.deploy@prod");
  assert.match(failed.failure.message, /nobody knows how far it came with prod: look there, then retry the run/);
  assert.equal(failed.retryAt, undefined);
});

test("a job says itself whether it is run again when it is lost", async () => {
  const repeatable = await building({ environments: ["prod"], where: { approval }, deploy: { onLost: "retry" } });
  await repeatable.world.end("web.build");
  await repeatable.first.answer(repeatable.run, "prod", { answer: "approved", by: "ann" });
  await repeatable.world.end("web.deploy@prod", lost());
  assert.deepEqual(repeatable.world.events("job.failed"), [], "whoever approves there");
  assert.equal(repeatable.world.events("job.interrupted").length, 1);

  const delicate = await building({ build: { onLost: "ask" } });
  await delicate.world.end("web.build", lost());
  assert.deepEqual(delicate.world.events("job.interrupted"), []);
  const [failed] = delicate.world.events("job.failed");
  assert.match(failed!.failure.message, /nobody knows how far it came: look, then retry the run/);
});

test("what was cut off with its Baton starts again here; where a person is to look first, or an agent ran it, it does not", async () => {
  const inProd = { environments: ["prod"], where: { approval } };
  const deploying = async (more: Building, isElsewhere: boolean) => {
    const built = await building(more);
    const { world, first, run } = built;
    await world.end("web.build");
    await first.answer(run, "prod", { answer: "approved", by: "ann" });
    const { token } = world.launches.at(-1)!;
    if (isElsewhere) world.goOn.add(token);
    // Taken for gone, but there after all.
    world.alive.clear();
    const engine = await world.beside();
    // Whoever makes room ends what agents run as well.
    await engine.suspend(run, { by: "ann", because: "it is in the way" });
    return { world, token };
  };
  const here = await deploying(inProd, false);
  assert.equal(here.world.events("job.interrupted").length, 1);
  assert.deepEqual(here.world.events("job.failed"), []);
  const repeatable = await deploying({ ...inProd, deploy: { onLost: "retry" } }, true);
  assert.equal(repeatable.world.events("job.interrupted").length, 1);

  const elsewhere = await deploying(inProd, true);
  const delicate = await deploying({ ...inProd, deploy: { onLost: "ask" } }, false);
  for (const { world, token } of [elsewhere, delicate]) {
    assert.deepEqual(world.events("job.interrupted"), []);
    const [failed] = world.events("job.failed");
    assert.deepEqual([failed?.token, failed?.failure.kind, failed?.retryAt], [token, "lost", undefined]);
    assert.match(failed!.failure.message, /cut off when its Baton was gone, and nobody knows .* with prod: look there/);
    assert.ok(
      world.stops.some((stop) => stop.token === token && stop.mode === "now"),
      "in case it is there after all",
    );
  }
});

test("what is cancelled is not asked about: nothing of it starts again", async () => {
  const { world, run } = await building({ build: { onLost: "ask" } });
  world.die();
  const engine = await world.beside();
  await engine.cancel(run, { mode: "now", by: "ann" });
  assert.deepEqual(world.events("job.failed"), []);
  assert.equal((await engine.settled(run)).conclusion, "cancelled");
});

test("what was lost is not taken back by itself: it may go on, and a person looks first", async () => {
  for (const [end, owed] of [
    [lost(), undefined],
    ["failed", "web.deploy@prod"],
  ] as const) {
    const where = { approval, onFailure: "rollback" } as const;
    const { world, first, run } = await building({ environments: ["prod"], where });
    await world.end("web.build");
    await first.answer(run, "prod", { answer: "approved", by: "ann" });
    await world.end("web.deploy@prod", end);
    assert.equal((await first.settled(run)).conclusion, "failed");
    assert.equal(first.state.environments.get("prod")?.owed?.job, owed);
  }
});
