/** What of a set is kept over years: all that anybody can go back to, however old, and little else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Bucket } from "../../../../src/platforms/codepipeline/write/separate/program/records.cjs";
import type {
  Plan,
  PlannedEnvironment,
} from "../../../../src/platforms/codepipeline/write/separate/program/releases.cjs";
import { sweep } from "../../../../src/platforms/codepipeline/write/separate/program/retention.cjs";
import { fullDepth } from "../../../lane/needs.ts";
import { Objects } from "./objects.ts";
import { World } from "./world.ts";

const dayMs = 24 * 3_600_000;
const pipelines = ["infra", "web"];
const plan: Plan = {
  sets: {
    infra: {
      branch: "main",
      members: pipelines.map((name) => ({
        name,
        needs: name === "web" ? ["infra"] : [],
        paths: [["with", `^${name}/`]] as const,
        codepipeline: `shop-${name}-main`,
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
const [, prod] = plan.sets.infra!.environments as [PlannedEnvironment, PlannedEnvironment];

/** Until nobody has anything to do but people. */
async function settle(world: World, isBuilt: (pipeline: string) => boolean = () => true): Promise<void> {
  for (let moved = true; moved; ) {
    const building = world.building.filter(({ status }) => status === "under way");
    for (const run of building) world.endBuild(run, isBuilt(run.pipeline) ? "passed" : "failed");
    await world.look();
    const [run] = world.movable();
    if (run) await world.move(run);
    moved = run !== undefined || building.length > 0;
  }
}

/**
 * A push a week, of infrastructure almost none; production is approved four times a year, and not at all in the last one and a
 * half. `wrong`: what is done to the world before, `expire`: what else takes objects away.
 */
async function years({
  days = 1100,
  wrong,
  expire,
}: {
  days?: number;
  wrong?: (world: World) => void;
  expire?: (world: World) => void;
} = {}): Promise<World> {
  const world = new World(plan);
  wrong?.(world);
  world.push(pipelines);
  await settle(world);
  world.answerApproval(prod, "approve");
  await settle(world);
  for (let day = 7; day <= days; day += 7) {
    world.clock += 7 * dayMs;
    world.push(day % 210 === 0 ? pipelines : ["web"]);
    await settle(world, (pipeline) => pipeline !== "web" || day % 28 !== 0);
    if (day % 91 === 0 && day < days - 550) {
      world.answerApproval(prod, "approve");
      await settle(world);
    }
    await world.tidy();
    expire?.(world);
    recoverable(world);
  }
  return world;
}

/** @throws {assert.AssertionError} where something is missing that an environment has, or can go back to. */
function recoverable(world: World): void {
  const missing = (number: number, pipeline: string, part: string | undefined) => {
    const key = `candidates/main/${pipeline}/${part}.json`;
    const record = world.objects.get(key);
    assert.ok(record !== undefined, `${key} of release ${number} is gone`);
    for (const digest of Object.values((JSON.parse(record) as { artifacts: Record<string, string> }).artifacts))
      assert.ok(world.objects.has(`artifacts/${digest}`), `${digest} of release ${number} is gone`);
  };
  const whole = (number: number) => {
    const { parts } = world.release(number);
    for (const [pipeline, part] of Object.entries(parts)) missing(number, pipeline, part);
  };
  for (const environment of ["dev", "prod"]) {
    for (const pipeline of pipelines) missing(0, pipeline, world.part(environment, pipeline));
    for (const number of world.proven(environment).slice(-10)) whole(number);
  }
  // What the service itself may go back to.
  for (const run of world.deploying)
    if (run.hasPassed && run.startedAt > world.clock - 365 * dayMs) whole(Number(run.variables.NUMBER));
}

test("in three years all stays that somebody can go back to, and the rest goes", fullDepth(), async () => {
  const world = await years();
  const built = world.building.filter(({ status }) => status === "passed").length;
  const kept = [...world.objects.keys()].filter((key) => key.startsWith("artifacts/")).length;
  // Of the last 426 days all, as all of it was deployed, and of those before what production had.
  assert.ok(kept < built * 0.65, `${kept} of ${built} are kept`);
  // Production has not been deployed to for longer than anything is remembered, and goes back to where it was before.
  const [older, newest] = world.proven("prod").slice(-2) as [number, number];
  assert.ok(world.proven("dev").slice(-50)[0]! > newest);
  world.start(prod.codepipeline, { commit: world.release(older).commit, release: String(older) });
  await settle(world);
  world.answerApproval(prod, "approve");
  await settle(world);
  assert.equal(world.part("prod", "web"), world.release(older).parts.web);
});

test("whoever asks for what is not kept is told so before anything is changed", fullDepth(), async () => {
  const world = await years({ days: 900 });
  const gone = world.proven("dev").find((number) => {
    const { parts, left } = world.release(number);
    return !left.web && !world.objects.has(`candidates/main/web/${parts.web}.json`);
  })!;
  const before = new Map(world.truth);
  world.start("shop-infra-to-dev", { commit: world.release(gone).commit, release: String(gone) });
  await settle(world);
  const run = world.deploying.at(-1)!;
  assert.deepEqual([run.status, run.stage], ["failed", 0]);
  assert.deepEqual(world.truth, before);
  await settle(world);
  assert.equal(world.deploying.at(-1), run, "nobody begins it again");
});

test("a lifecycle that goes by age is seen, and so is a sweep that forgets what went well", fullDepth(), async () => {
  const byAge = ({ objects, clock }: World) => {
    for (const { key, at } of objects.versions("artifacts/")) if (at < clock - 456 * dayMs) objects.delete(key);
  };
  await assert.rejects(years({ expire: byAge }), /is gone/);
  const forgetful = ({ objects }: World) => {
    const versions = objects.versions.bind(objects);
    objects.versions = (prefix) => versions(prefix).filter(({ key }) => !key.includes("/proven/"));
  };
  await assert.rejects(years({ wrong: forgetful }), /is gone/);
});

/** One build, so old that nobody needs it, beside the newest thirty. */
function bucketWithOld({ at }: { at: number }) {
  let clock = 0;
  const objects = new Objects(() => clock);
  const record = (digest: string) =>
    JSON.stringify({ version: 1, commit: digest, at: "", artifacts: { build: digest } });
  const leave = (name: string, digest: string) => {
    objects.set(`artifacts/${digest}`, "bytes");
    objects.set(`candidates/main/web/${name}.json`, record(digest));
  };
  leave("01-old", "old");
  for (let index = 10; index < 40; index++) leave(`${index}-run`, `d${index}`);
  clock = at;
  const bucket: Bucket = {
    read: async (key) => objects.get(key),
    create: async () => assert.fail("it writes no object"),
    write: async () => assert.fail("it writes no object"),
    list: async () => assert.fail("it asks for versions"),
    has: async (key) => objects.has(key),
    versions: async (prefix) => objects.versions(prefix),
    mark: async (key, version) => objects.mark(key, version),
    unmark: async (key) => objects.unmark(key),
  };
  return { objects, bucket, leave };
}

test("what is built again while it is looked through stays", async () => {
  const now = 100 * dayMs;
  const { objects, bucket, leave } = bucketWithOld({ at: now });
  let listed = 0;
  await sweep(
    {
      ...bucket,
      async versions(prefix) {
        const found = objects.versions(prefix);
        // The same files, built between the list and the mark.
        if (prefix === "artifacts/" && listed++ === 0) leave("60-again", "old");
        return found;
      },
    },
    now,
  );
  assert.ok(objects.isMarked("candidates/main/web/01-old.json"));
  assert.ok(!objects.isMarked("artifacts/old"));
});

test("what a person asks for while it is looked through stays", async () => {
  const now = 100 * dayMs;
  const { objects, bucket } = bucketWithOld({ at: now });
  const select = () => {
    objects.set(
      "releases/web@main/00000001.json",
      JSON.stringify({ version: 1, commit: "old", parts: { web: "01-old" } }),
    );
    objects.set("environments/dev/web@main/tried/00000001.json", "{}");
  };
  const marked: string[] = [];
  const mark: Bucket["mark"] = async (key, version) => {
    if (marked.push(key) === 1) select();
    objects.mark(key, version);
  };
  await sweep({ ...bucket, mark }, now);
  assert.deepEqual(marked.sort(), ["artifacts/old", "candidates/main/web/01-old.json"]);
  assert.deepEqual(objects.expire(), []);
});

test("a record that is not understood ends it, and nothing is marked", async () => {
  const { objects, bucket } = bucketWithOld({ at: 1000 * dayMs });
  objects.set("environments/dev/there/web.json", JSON.stringify({ version: 2 }));
  await assert.rejects(sweep(bucket, 1000 * dayMs), /is of version 2/);
  assert.deepEqual(objects.expire(), []);
});
