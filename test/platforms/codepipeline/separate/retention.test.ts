/** What of a set is kept over years: all that anybody can go back to, however old, and little else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Bucket } from "../../../../src/platforms/codepipeline/write/separate/program/records.cjs";
import { sweep } from "../../../../src/platforms/codepipeline/write/separate/program/retention.cjs";
import { fullDepth } from "../../../lane/needs.ts";
import type { Account } from "../world/account.ts";
import { begun } from "../world/life.ts";
import { proven, releaseOf, wanted } from "../world/records.ts";
import { shopIn } from "../world/shop.ts";
import { Objects } from "./objects.ts";

const dayMs = 24 * 3_600_000;
const toDev = "shop-infra-to-dev";
const toProd = "shop-infra-to-prod";
const settle = (account: Account) => account.settle({ approves: false, waits: false });

/**
 * A push a week, of infrastructure almost none; production is approved four times a year, and not at all in the last one and a
 * half. `wrong`: what is done to the account before, `expire`: what else takes objects away.
 */
async function years({
  days = 1100,
  wrong,
  expire,
}: {
  days?: number;
  wrong?: (account: Account) => void;
  expire?: (account: Account) => void;
} = {}): Promise<Account> {
  const account = await begun(await shopIn("separate", { sites: ["web"] }));
  wrong?.(account);
  for (let day = 7; day <= days; day += 7) {
    account.clock += 7 * dayMs;
    account.passes = ({ environment }) => environment !== undefined || day % 28 !== 0;
    account.push(day % 210 === 0 ? ["infra", "web"] : ["web"]);
    await settle(account);
    if (day % 91 === 0 && day < days - 550) {
      account.answer(toProd, "approve");
      await settle(account);
    }
    await account.sweep({ days: 0 });
    expire?.(account);
    recoverable(account);
  }
  return account;
}

/** @throws {assert.AssertionError} where something is missing that an environment has, or can go back to. */
function recoverable(account: Account): void {
  const { objects, about, clock, machine, truth } = account;
  const whole = (number: number) => {
    for (const [pipeline, part] of Object.entries(releaseOf(account, number).parts)) {
      const key = `candidates/main/${pipeline}/${part}.json`;
      const record = objects.get(key);
      assert.ok(record !== undefined, `${key} of release ${number} is gone`);
      for (const digest of Object.values((JSON.parse(record) as { artifacts: Record<string, string> }).artifacts))
        assert.ok(objects.has(`artifacts/${digest}`), `${digest} of release ${number} is gone`);
    }
  };
  for (const environment of ["dev", "prod"]) {
    const web = truth.get(`${environment} web`);
    assert.ok(objects.has(`artifacts/${web}`), `${web}, which is in ${environment}, is gone`);
    for (const number of proven(account, environment).slice(-10)) whole(number);
    // What the service itself may go back to.
    for (const run of machine.runs) {
      const { startedAt, stages } = about.get(run)!;
      const isGood = stages.get(environment)?.status === "Succeeded" && run.kind === "standard";
      if (isGood && startedAt > clock - 365 * dayMs) whole(Number(run.variables.get(`select@${environment}.NUMBER`)));
    }
  }
}

test("in three years all stays that somebody can go back to, and the rest goes", fullDepth(), async () => {
  const account = await years();
  const built = account.builtBy.size;
  const kept = [...account.objects.keys()].filter((key) => key.startsWith("artifacts/")).length;
  // Of the last 426 days all, as all of it was deployed, and of those before what production had.
  assert.ok(kept < built * 0.65, `${kept} of ${built} are kept`);
  // Production has not been deployed to for longer than anything is remembered, and goes back to where it was before.
  const [older, newest] = proven(account, "prod").slice(-2) as [number, number];
  assert.ok(proven(account, "dev").slice(-50)[0]! > newest);
  account.enqueue(toProd, { by: "person", commit: releaseOf(account, older).commit, release: String(older) });
  await account.settle({ waits: false });
  assert.equal(account.truth.get("prod web"), wanted(account, older)[1]);
});

test("whoever asks for what is not kept is told so before anything is changed", fullDepth(), async () => {
  const account = await years({ days: 900 });
  const gone = proven(account, "dev").find((number) => {
    const { parts, left } = releaseOf(account, number);
    return !left.web && !account.objects.has(`candidates/main/web/${parts.web}.json`);
  })!;
  const before = new Map(account.truth);
  account.enqueue(toDev, { by: "person", commit: releaseOf(account, gone).commit, release: String(gone) });
  await settle(account);
  const run = account.machine.runs.at(-1)!;
  assert.deepEqual([run.pipeline, run.status, account.stageOf(run).name], [toDev, "failed", "Select"]);
  assert.deepEqual(account.truth, before);
  await settle(account);
  assert.equal(account.machine.runs.at(-1), run, "nobody begins it again");
});

test("a lifecycle that goes by age is seen, and so is a sweep that forgets what went well", fullDepth(), async () => {
  const byAge = ({ objects, written, clock }: Account) => {
    for (const [key, at] of written) if (key.startsWith("artifacts/") && at < clock - 456 * dayMs) objects.delete(key);
  };
  await assert.rejects(years({ expire: byAge }), /is gone/);
  const forgetful = (account: Account) => {
    account.isListed = (key) => !key.includes("/proven/");
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
