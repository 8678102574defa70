/** The function of separate pipelines through what people, events and the platform do. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type {
  Plan,
  PlannedEnvironment,
  PlannedSet,
} from "../../../../src/platforms/codepipeline/write/separate/program/releases.cjs";
import { isFull, tries } from "../../../lane/depth.ts";
import { fullDepth } from "../../../lane/needs.ts";
import { type Deploying, World } from "./world.ts";

const needs: Record<string, string[]> = { infra: [], web: ["infra"], admin: ["infra"] };
const pipelines = Object.keys(needs);
const members = pipelines.map((name) => ({ name, needs: needs[name]! }));
const plan: Plan = {
  sets: {
    infra: {
      branch: "main",
      members: members.map((one) => ({
        ...one,
        paths: [["with", `^${one.name}/`]] as const,
        codepipeline: `shop-${one.name}-main`,
      })),
      environments: [
        { name: "dev", codepipeline: "shop-infra-to-dev", after: [] },
        {
          name: "prod",
          codepipeline: "shop-infra-to-prod",
          after: ["dev"],
          approval: { stage: "Approve-prod", action: "approve-prod" },
        },
      ],
    },
  },
};
const [dev, prod] = plan.sets.infra!.environments as [PlannedEnvironment, PlannedEnvironment];

/** Builds pass, runs go on, approvals are given, until nothing moves any more. */
async function settle(world: World, { approves = true } = {}): Promise<void> {
  for (let idle = 0, rounds = 0; idle < 2; rounds++) {
    assert.ok(rounds < 300, "it never comes to rest");
    const before = JSON.stringify([[...world.objects], world.deploying, world.building]);
    for (const run of world.building) if (run.status === "under way") world.endBuild(run, "passed");
    await world.look();
    const [run] = world.movable();
    if (run) await world.move(run);
    else if (approves) world.answerApproval(prod, "approve");
    idle = JSON.stringify([[...world.objects], world.deploying, world.building]) === before ? idle + 1 : 0;
    // Whoever has to be patient has waited.
    if (idle === 1) world.clock += 3_600_000;
  }
}

async function started(): Promise<World> {
  const world = new World(plan);
  world.push(pipelines);
  await settle(world);
  return world;
}

const there = (world: World, environment: string) => pipelines.map((name) => world.part(environment, name));
const wanted = (world: World, number: number) => pipelines.map((name) => world.release(number).parts[name]);

test("a push comes to every environment, with the same parts", async () => {
  const world = await started();
  world.push(["web"]);
  await settle(world);
  assert.deepEqual(there(world, "dev"), wanted(world, 2));
  assert.deepEqual(there(world, "prod"), wanted(world, 2));
  assert.deepEqual(
    world.told,
    ["dev", "prod", "dev", "prod"].map((name, index) => `${name}: release ${index < 2 ? 1 : 2} of infra`),
  );
});

test("where nothing is new, nothing is started", async () => {
  const world = await started();
  const runs = world.deploying.length + world.building.length;
  for (let times = 0; times < 3; times++) await world.look();
  assert.equal(world.deploying.length + world.building.length, runs);
});

test("an event that was lost is made good for", async () => {
  const world = await started();
  const commit = world.push(["infra", "web"], { heard: ["web"] });
  await settle(world);
  assert.equal(world.release(2).commit, commit);
  assert.deepEqual(there(world, "prod"), wanted(world, 2));
  assert.ok(world.building.some((run) => run.pipeline === "infra" && run.commit === commit));
});

test("a person starts what is there already: it goes through, and deploys nobody again", async () => {
  const world = await started();
  world.start(dev.codepipeline, { commit: "c1" });
  const before = new Map(world.truth);
  await settle(world);
  assert.equal(world.deploying.at(-1)!.status, "passed");
  assert.deepEqual(world.truth, before);
  assert.equal(world.told.at(-1), "dev: release 1 of infra, nothing new");
});

test("a person starts with another commit: that run is stopped, and the right one begins", async () => {
  const world = await started();
  world.start(dev.codepipeline, { commit: "c0" });
  await settle(world);
  const [wrong, right] = world.deploying.slice(-2) as [Deploying, Deploying];
  assert.equal(wrong.status, "stopped");
  assert.equal(wrong.reason, "release 1 is commit c1, and another run was started with it");
  assert.equal(right.status, "passed");
});

test("before anything is built, a run is stopped with the reason", async () => {
  const world = new World(plan);
  world.start(dev.codepipeline, { commit: "c1" });
  await settle(world);
  assert.deepEqual([world.deploying[0]!.status, world.deploying[0]!.reason], ["stopped", "there is no release yet"]);
});

test("a newer release takes the place of one that waits for a person", async () => {
  const world = await started();
  for (const _ of ["second", "third"]) {
    world.push(["web"]);
    await settle(world, { approves: false });
  }
  const waiting = world.deploying.filter((run) => run.environment === prod && run.status === "under way");
  assert.deepEqual(
    waiting.map(({ variables }) => variables.NUMBER),
    ["3"],
  );
  world.answerApproval(prod, "approve");
  await settle(world);
  assert.deepEqual(there(world, "prod"), wanted(world, 3));
});

test("what was rejected is not asked for again; the next release is", async () => {
  const world = await started();
  world.push(["web"]);
  await settle(world, { approves: false });
  world.answerApproval(prod, "reject");
  await settle(world);
  assert.deepEqual(there(world, "prod"), wanted(world, 1));
  world.push(["admin"]);
  await settle(world);
  assert.deepEqual(there(world, "prod"), wanted(world, 3));
});

test("what fails is taken back as a set, is not begun again, and is not proven", async () => {
  const world = await started();
  world.passes = (run, name) => run.variables.NUMBER !== "2" || name !== "web";
  world.push(["infra", "web"]);
  await settle(world);
  assert.deepEqual(there(world, "dev"), wanted(world, 1));
  assert.deepEqual(world.proven("dev"), [1]);
  assert.equal(world.deploying.filter((run) => run.variables.NUMBER === "2").length, 1);
  assert.deepEqual(there(world, "prod"), wanted(world, 1));
});

test("the first deployment fails, is retried, and goes on from where it was", async () => {
  const world = new World(plan);
  world.passes = (_, name) => name !== "web";
  world.push(pipelines);
  await settle(world);
  assert.deepEqual(there(world, "dev"), [world.release(1).parts.infra, "half", undefined]);
  world.passes = () => true;
  assert.ok(world.retry(dev));
  await settle(world);
  assert.deepEqual(there(world, "dev"), wanted(world, 1));
  assert.deepEqual(there(world, "prod"), wanted(world, 1));
});

test("what was half deployed and is left by the next release is not called whole", async () => {
  const world = new World(plan);
  world.passes = (_, name) => name !== "web";
  world.push(pipelines);
  await settle(world);
  world.passes = () => true;
  world.push(["web", "admin"]);
  for (const run of world.building)
    if (run.status === "under way") world.endBuild(run, run.pipeline === "web" ? "failed" : "passed");
  await settle(world);
  assert.deepEqual(world.release(2).left, { web: "its build failed" });
  assert.equal(world.part("dev", "web"), "half");
  check(world, new Set());
  world.push(["web"]);
  await settle(world);
  assert.deepEqual(there(world, "prod"), wanted(world, 3));
  check(world, new Set());
});

test("who rolls a stage back by hand is not overruled until something newer is proven", async () => {
  const world = await started();
  world.push(["web"]);
  await settle(world);
  world.rollBack(
    prod,
    world.deploying.find((run) => run.environment === prod),
  );
  await settle(world);
  assert.deepEqual(there(world, "prod"), wanted(world, 1));
  world.push(["admin"]);
  await settle(world);
  assert.deepEqual(there(world, "prod"), wanted(world, 3));
});

test("a person asks for an older release", async () => {
  const world = await started();
  world.push(["web"]);
  await settle(world);
  world.start(prod.codepipeline, { commit: "c2", release: "1" });
  await settle(world);
  assert.deepEqual(there(world, "prod"), wanted(world, 1));
});

test("behind a closed transition the newest release waits, and nobody else is held up", async () => {
  const world = await started();
  world.closed.add(`${prod.codepipeline} environment`);
  for (const _ of ["second", "third"]) {
    world.push(["web"]);
    await settle(world);
  }
  assert.deepEqual(there(world, "dev"), wanted(world, 3));
  assert.deepEqual(there(world, "prod"), wanted(world, 1));
  world.closed.clear();
  await settle(world);
  assert.deepEqual(there(world, "prod"), wanted(world, 3));
});

test("a run that fails before it could select is begun again, with patience", async () => {
  const world = await started();
  world.push(["web"]);
  for (const run of world.building) if (run.status === "under way") world.endBuild(run, "passed");
  await world.look();
  world.fate = () => "fails before";
  for (const _ of ["into the stage", "out of it"]) await world.move(world.movable()[0]!);
  world.fate = () => "works";
  const failed = world.deploying.at(-1)!;
  assert.deepEqual([failed.status, failed.reason], ["failed", "select was never heard of"]);
  await world.look();
  assert.equal(world.deploying.at(-1), failed);
  await settle(world);
  assert.deepEqual(there(world, "prod"), wanted(world, 2));
});

/** The same delivery after a change of its definition. */
function changed(change: (set: PlannedSet) => Partial<PlannedSet>): Plan {
  const set = plan.sets.infra!;
  return { sets: { infra: { ...set, ...change(set) } } };
}

test("a path more, where nothing changed since, deploys nothing and holds nothing up", async () => {
  const before = await started();
  before.push(["web"]);
  await settle(before);
  const wider = changed(({ members: all }) => ({
    members: all.map((one) => (one.name === "infra" ? { ...one, paths: [["with", "^(infra|admin)/"]] } : one)),
  }));
  const world = new World(wider, before);
  const runs = world.deploying.length + world.building.length;
  await settle(world);
  assert.equal(world.deploying.length + world.building.length, runs);
  world.push(["web"]);
  await settle(world);
  assert.deepEqual(there(world, "prod"), wanted(world, 3));
  assert.equal(world.part("prod", "infra"), before.part("prod", "infra"));
});

test("a renamed pipeline is built, and deployed under its new name", async () => {
  const before = await started();
  const world = new World(
    changed(({ members: all }) => ({
      members: all.map((one) => (one.name === "web" ? { ...one, name: "site", codepipeline: "shop-site-main" } : one)),
    })),
    before,
  );
  await settle(world);
  assert.deepEqual(Object.keys(world.release(2).parts), ["infra", "site", "admin"]);
  assert.equal(world.part("prod", "site"), world.release(2).parts.site);
  assert.equal(world.part("prod", "infra"), before.part("prod", "infra"));
});

test("a pipeline that failed and is taken out of the definition holds nothing up", async () => {
  const before = await started();
  before.passes = (run, name) => name !== "web" || run.release !== "next";
  before.push(["web"]);
  await settle(before);
  assert.ok(before.deploying.some(({ status, reason }) => status === "failed" && reason === "web failed"));
  const world = new World(
    changed(({ members: all }) => ({ members: all.filter(({ name }) => name !== "web") })),
    before,
  );
  world.push(["infra"]);
  await settle(world);
  const newest = Math.max(...world.proven("prod"));
  assert.deepEqual(Object.keys(world.release(newest).parts), ["infra", "admin"]);
  assert.equal(world.part("prod", "infra"), world.release(newest).parts.infra);
});

test("a need more, while an older release waits for production: it goes there, on what it needs", async () => {
  const before = await started();
  before.push(["web", "admin"]);
  await settle(before, { approves: false });
  const world = new World(
    changed(({ members: all }) => ({
      members: all.map((one) => (one.name === "admin" ? { ...one, needs: ["infra", "web"] } : one)),
    })),
    before,
  );
  await settle(world);
  assert.deepEqual(there(world, "prod"), wanted(world, 2));
  world.push(["web"]);
  await settle(world);
  assert.deepEqual(there(world, "prod"), wanted(world, 3));
});

test("a start that is refused is made at a later look", async () => {
  const world = await started();
  world.push(["web"]);
  for (const run of world.building) if (run.status === "under way") world.endBuild(run, "passed");
  const runs = world.deploying.length;
  world.fate = () => "fails before";
  await world.look();
  assert.equal(world.deploying.length, runs);
  world.fate = () => "works";
  await settle(world);
  assert.deepEqual(there(world, "prod"), wanted(world, 2));
});

test("failed actions are not retried once another run has been in the stage", async () => {
  const world = await started();
  world.passes = (_, name) => name !== "web";
  world.push(["web"]);
  await settle(world);
  world.passes = () => true;
  world.push(["admin"]);
  await settle(world);
  assert.equal(world.retry(dev), false);
  assert.deepEqual(there(world, "dev"), wanted(world, 3));
});

test("what is deployed again starts nobody: who stands on it goes only where it is new", async () => {
  const world = await started();
  world.start(dev.codepipeline, { commit: "c1", release: "1" });
  await settle(world);
  assert.equal(world.deploying.filter(({ environment }) => environment.name === "prod").length, 1);
});

test("a new environment begins with the newest release that is proven before it", async () => {
  const before = await started();
  const late = { ...prod, name: "late", codepipeline: "shop-infra-to-late", after: ["prod"], approval: undefined };
  const world = new World(
    changed(({ environments }) => ({ environments: [...environments, late] })),
    before,
  );
  await settle(world);
  assert.deepEqual(there(world, "late"), wanted(world, 1));
});

test("an environment that comes to stand before another holds back only what it has not proven", async () => {
  const before = await started();
  const stage = { ...dev, name: "stage", codepipeline: "shop-infra-to-stage", after: ["dev"] };
  const world = new World(
    changed(() => ({ environments: [dev, stage, { ...prod, after: ["stage"] }] })),
    before,
  );
  const runs = world.deploying.filter(({ environment }) => environment.name === "prod").length;
  await settle(world);
  assert.deepEqual(there(world, "stage"), wanted(world, 1));
  assert.equal(world.deploying.filter(({ environment }) => environment.name === "prod").length, runs);
  world.push(["web"]);
  await settle(world);
  assert.deepEqual(there(world, "prod"), wanted(world, 2));
});

test("a record of another version is never taken for nothing", async () => {
  const world = await started();
  world.objects.set("releases/infra/00000001.json", JSON.stringify({ version: 2 }));
  await assert.rejects(world.look(), /releases\/infra\/00000001.json is of version 2, and version 1 is known here/);
});

test("an event that comes late and twice moves no commit", async () => {
  const world = await started();
  const older = world.push(["infra", "web"], { heard: ["infra"] });
  const newer = world.push(["web"]);
  world.start("shop-web-main", { commit: older });
  world.start("shop-infra-main", { commit: older });
  await settle(world);
  const newest = Math.max(...world.proven("prod"));
  assert.equal(world.release(newest).commit, newer);
  assert.deepEqual(there(world, "prod"), wanted(world, newest));
});

test("every single call may fail, before it had its effect or after", async () => {
  const calls = async (fateOf: (call: number) => "works" | "fails before" | "fails after") => {
    const world = await started();
    let count = 0;
    world.fate = () => fateOf(count++);
    world.push(["infra", "web"]);
    await settle(world);
    assert.deepEqual(there(world, "dev"), wanted(world, 2));
    assert.deepEqual(there(world, "prod"), wanted(world, 2));
    assert.ok(world.deploying.every(({ status }) => status === "passed"));
    return count;
  };
  const all = await calls(() => "works");
  const step = Math.ceil(all / tries(150).numRuns);
  for (let failing = 0; failing < all; failing += step) {
    for (const fate of ["fails before", "fails after"] as const) {
      await calls((call) => (call === failing ? fate : "works"));
    }
  }
});

type Move =
  | { kind: "push"; changed: string[]; isHeard: boolean }
  | { kind: "build"; pick: number; how: "passed" | "failed" | "none" }
  | { kind: "run"; pick: number }
  | { kind: "look" | "approve" | "reject" | "close" | "open" | "wait" | "sabotage" | "settle" | "break" }
  | { kind: "start"; pick: number; release: string }
  | { kind: "roll back" | "retry" | "stop"; pick: number };

const pick = fc.nat({ max: 9 });
const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("push" as const),
      changed: fc.subarray(pipelines, { minLength: 1 }),
      isHeard: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("build" as const),
      pick,
      how: fc.constantFrom("passed" as const, "passed" as const, "failed" as const, "none" as const),
    }),
  },
  { weight: 12, arbitrary: fc.record({ kind: fc.constant("run" as const), pick }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        "look" as const,
        "look" as const,
        "approve" as const,
        "reject" as const,
        "close" as const,
        "open" as const,
        "wait" as const,
        "settle" as const,
        "break" as const,
        "break" as const,
        "sabotage" as const,
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("start" as const), pick, release: fc.constantFrom("newest", "1", "2") }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("roll back" as const, "retry" as const, "stop" as const), pick }),
  },
);

test(
  "in any order of moves nothing unproven is deployed, nothing older unless asked, and in the end the newest is there",
  fullDepth(),
  async () => {
    const reached = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.array(move, { minLength: 10, maxLength: 60, size: "max" }),
        fc.array(fc.constantFrom("works", "fails before", "fails after"), { minLength: 7, maxLength: 40 }),
        async (moves, fates) => {
          const world = await started();
          let bad = 0;
          let calls = 0;
          world.fate = () => (bad > 0 ? (fates[calls++ % fates.length] as "works") : "works");
          // How many jobs pass until one fails.
          let passing = Number.POSITIVE_INFINITY;
          world.passes = () => passing-- !== 0;
          const seen = () => check(world, reached);
          for (const one of moves) {
            reached.add(one.kind);
            const at = <T>(list: readonly T[], index: number): T | undefined => list[index % Math.max(1, list.length)];
            if (one.kind === "push") world.push(one.changed, { heard: one.isHeard ? one.changed : [] });
            if (one.kind === "build") {
              const run = at(
                world.building.filter(({ status }) => status === "under way"),
                one.pick,
              );
              if (run) world.endBuild(run, one.how);
            }
            if (one.kind === "run") {
              const run = at(world.movable(), one.pick);
              if (run) await world.move(run);
            }
            if (one.kind === "look") await world.look();
            if (one.kind === "approve" || one.kind === "reject") world.answerApproval(prod, one.kind);
            if (one.kind === "close") world.closed.add(`${prod.codepipeline} environment`);
            if (one.kind === "open") world.closed.clear();
            if (one.kind === "settle") {
              bad = 0;
              await settle(world);
            }
            if (one.kind === "wait") world.clock += 3_600_000;
            if (one.kind === "sabotage") bad = 1 - bad;
            if (one.kind === "break") passing = moves.length % 3;
            if (one.kind === "start") {
              const commit = at([...world.commits.keys()], one.pick)!;
              world.start(one.pick % 2 ? dev.codepipeline : prod.codepipeline, { commit, release: one.release });
            }
            if (one.kind === "roll back") {
              const target = at(
                world.deploying.filter(({ hasPassed, kind }) => hasPassed && kind === "standard"),
                one.pick,
              );
              if (target) world.rollBack(target.environment, target);
            }
            if (one.kind === "retry") world.retry(one.pick % 2 ? dev : prod);
            if (one.kind === "stop") {
              const run = at(
                world.deploying.filter(({ status }) => status === "under way"),
                one.pick,
              );
              if (run) run.isStopping = true;
            }
            seen();
          }
          bad = 0;
          passing = Number.POSITIVE_INFINITY;
          world.closed.clear();
          await settle(world);
          seen();
          // From here on all is well, so a push gets everywhere.
          const commit = world.push(pipelines);
          await settle(world);
          const newest = Math.max(...world.proven("prod"));
          assert.equal(world.release(newest).commit, commit);
          assert.deepEqual(there(world, "dev"), wanted(world, newest));
          assert.deepEqual(there(world, "prod"), wanted(world, newest));
          seen();
        },
      ),
      tries(400),
    );
    // In a tenth of the worlds not everything comes about.
    if (isFull) assert.ok(reached.size >= 18, [...reached].join());
  },
);

function check(world: World, reached: Set<string>): void {
  const highest = new Map<string, number>();
  for (const { environment, number, run } of world.entered) {
    assert.equal(run.commit, world.release(number).commit);
    if (environment === "prod") assert.ok(world.proven("dev").includes(number), `${number} is not proven in dev`);
    const before = highest.get(environment) ?? 0;
    const isAsked = run.kind === "rollback" || run.release !== "next";
    if (number < before) reached.add(isAsked ? "older, as asked" : "older");
    assert.ok(number >= before || isAsked, `${number} over ${before} in ${environment}`);
    highest.set(environment, Math.max(number, before));
  }
  for (const [key, text] of world.objects) {
    const [, environment, pipeline] = /^environments\/(.+)\/there\/(.+)\.json$/.exec(key) ?? [];
    if (environment === undefined || pipeline === undefined) continue;
    const { isWhole, part } = JSON.parse(text) as { isWhole: boolean; part: string };
    if (isWhole) assert.equal(world.part(environment, pipeline), part);
    else reached.add("half deployed");
  }
  // Two runs in one stage cannot be; a run that ended green did its work.
  for (const run of world.deploying) {
    if (run.status === "passed") assert.ok(run.hasPassed);
    if (run.status === "stopped" && run.variables.REASON !== undefined) assert.equal(run.reason, run.variables.REASON);
    if (run.status === "stopped" && run.stage === 0 && !run.isInside && run.reason === "")
      reached.add("stopped by a person");
  }
}
