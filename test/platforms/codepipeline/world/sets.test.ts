/** A set of separate pipelines through what people, events and the platform do, one move after another. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunState } from "../../../../src/platforms/codepipeline/simulate/machine.ts";
import { tries } from "../../../lane/depth.ts";
import { fullDepth } from "../../../lane/needs.ts";
import { Account, type Fate } from "./account.ts";
import { violations } from "./checkers.ts";
import { begun } from "./life.ts";
import { proven, releaseOf, wanted } from "./records.ts";
import { type Change, shopIn } from "./shop.ts";

const [toDev, toProd] = ["shop-infra-to-dev", "shop-infra-to-prod"];

const started = async () => begun(await shopIn("separate"));
const changed = (change: Change) => shopIn("separate", change);
const runsOf = ({ machine }: Account, codepipeline: string) =>
  machine.runs.filter(({ pipeline }) => pipeline === codepipeline);
const last = (account: Account, codepipeline: string) => runsOf(account, codepipeline).at(-1)!;
const reasonOf = ({ about }: Account, run: RunState) => [run.status, about.get(run)!.reason];

/** Bytes of pipelines in their order. */
const there = ({ truth, definition }: Account, environment: string) =>
  definition.delivery.pipelines.map(({ name }) => truth.get(`${environment} ${name}`));

/** One step at a time, with each CodePipeline as far as it goes by itself. */
async function goOn(account: Account, isMeant: (run: RunState) => boolean): Promise<void> {
  for (;;) {
    const move = account.moves().find((one) => one.kind === "start" || ("run" in one && isMeant(one.run)));
    if (move === undefined) return;
    await account.perform(move);
  }
}
const isBuilding = ({ pipeline }: RunState) => pipeline.endsWith("-main");

test("a push comes to every environment, with the same bytes, and people are told", async () => {
  const account = await started();
  account.push(["web"]);
  await account.settle();
  assert.deepEqual(there(account, "dev"), wanted(account, 2));
  assert.deepEqual(there(account, "prod"), wanted(account, 2));
  assert.deepEqual(
    account.told.map(({ subject }) => subject),
    ["dev", "prod", "dev", "prod"].map((name, index) => `${name}: release ${index < 2 ? 1 : 2} of infra@main`),
  );
});

test("where nothing is new, nothing is started", async () => {
  const account = await started();
  const { length } = account.machine.runs;
  for (let times = 0; times < 3; times++) await account.look();
  assert.equal(account.machine.runs.length, length);
});

test("an event that was lost is made good for", async () => {
  const account = await started();
  const commit = account.push(["infra", "web"]);
  const { pending } = account.machine;
  pending.splice(
    pending.findIndex((start) => start.pipeline.id === "shop-infra-main"),
    1,
  );
  await account.settle();
  assert.equal(releaseOf(account, 2).commit, commit);
  assert.deepEqual(there(account, "prod"), wanted(account, 2));
  assert.equal(last(account, "shop-infra-main").commit, commit);
});

test("a person starts what is there already: it goes through, deploys nobody again, and says so", async () => {
  const account = await started();
  const before = account.entries.length;
  account.enqueue(toDev!, { by: "person" });
  await account.settle();
  assert.equal(last(account, toDev!).status, "succeeded");
  assert.ok(!account.entries.slice(before).some(({ what }) => what === "begins"));
  assert.equal(account.told.at(-1)!.subject, "dev: release 1 of infra@main, nothing new");
});

test("a person starts with another commit: that run is stopped, and the right one begins", async () => {
  const account = await started();
  account.push(["web"]);
  await account.settle();
  account.enqueue(toDev!, { by: "person", commit: "c1" });
  await account.settle();
  const [wrong, right] = runsOf(account, toDev!).slice(-2) as [RunState, RunState];
  assert.deepEqual(reasonOf(account, wrong), [
    "stopped",
    "release 2 is commit c2, and another run was started with it",
  ]);
  assert.equal(right.status, "succeeded");
});

test("before anything is built, a run is stopped with the reason", async () => {
  const account = new Account(await shopIn("separate"));
  account.push(["infra", "web", "admin"], { isHeard: false });
  account.create();
  await goOn(account, ({ pipeline }) => pipeline === toDev);
  assert.deepEqual(reasonOf(account, last(account, toDev!)), ["stopped", "there is no release yet"]);
});

test("what a person gives for a release is a value and nothing else", async () => {
  for (const release of ['1","environment":"dev', "1\n2", "", "latest", "01"]) {
    const account = await started();
    account.enqueue(toProd!, { by: "person", release });
    await account.settle();
    const [status, reason] = reasonOf(account, last(account, toProd!));
    assert.equal(status, "failed");
    assert.match(reason!, /^BATON_RELEASE is /);
  }
});

test("a newer release takes the place of one that waits for a person", async () => {
  const account = await started();
  for (const _ of ["second", "third"]) {
    account.push(["web"]);
    await account.settle({ approves: false });
  }
  const waiting = runsOf(account, toProd!).filter(({ status }) => status === "running");
  assert.deepEqual(
    waiting.map(({ variables }) => variables.get("select@prod.NUMBER")),
    ["3"],
  );
  assert.deepEqual(reasonOf(account, runsOf(account, toProd!).at(-2)!), ["failed", "Release 3 takes its place."]);
  account.answer(toProd!, "approve");
  await account.settle();
  assert.deepEqual(there(account, "prod"), wanted(account, 3));
});

test("what was rejected is not asked for again; the next release is", async () => {
  const account = await started();
  account.push(["web"]);
  await account.settle({ approves: false });
  account.answer(toProd!, "reject");
  await account.settle();
  assert.deepEqual(there(account, "prod"), wanted(account, 1));
  account.push(["admin"]);
  await account.settle();
  assert.deepEqual(there(account, "prod"), wanted(account, 3));
});

test("what fails is taken back as a set, is not begun again, and is not proven", async () => {
  const account = await started();
  account.passes = ({ bytes, environment }) => environment === undefined || !bytes.startsWith("web@c2");
  account.push(["infra", "web"]);
  await account.settle();
  assert.deepEqual(there(account, "dev"), wanted(account, 1));
  assert.deepEqual(proven(account, "dev"), [1]);
  assert.deepEqual(
    runsOf(account, toDev!).map(({ kind, status }) => `${kind} ${status}`),
    ["standard succeeded", "standard failed", "rollback succeeded"],
  );
  assert.deepEqual(there(account, "prod"), wanted(account, 1));
});

for (const how of ["failed actions", "all actions"] as const) {
  test(`the first deployment fails, ${how} are retried, and it goes on from where it was`, async () => {
    const account = new Account(await shopIn("separate"));
    account.passes = ({ pipeline, environment }) => environment === undefined || pipeline !== "web";
    account.push(["infra", "web", "admin"], { isHeard: false });
    account.create();
    await account.settle();
    assert.match(String(account.truth.get("dev web")), /^half/);
    account.passes = () => true;
    assert.ok(account.retry(last(account, toDev!), how));
    await account.settle();
    assert.deepEqual(there(account, "dev"), wanted(account, 1));
    assert.deepEqual(there(account, "prod"), wanted(account, 1));
    const begins = account.entries.filter((one) => one.what === "begins" && one.environment === "dev");
    const times = begins.filter((one) => one.what === "begins" && one.pipeline === "infra").length;
    assert.equal(times, how === "failed actions" ? 1 : 2);
  });
}

test("what was half deployed and is left by the next release is not called whole", async () => {
  const account = new Account(await shopIn("separate"));
  account.passes = ({ pipeline, environment }) => environment === undefined || pipeline !== "web";
  account.push(["infra", "web", "admin"], { isHeard: false });
  account.create();
  await account.settle();
  account.passes = ({ pipeline, environment }) => environment !== undefined || pipeline !== "web";
  account.push(["web", "admin"]);
  await account.settle();
  assert.deepEqual(releaseOf(account, 2).left, { web: "its build failed" });
  assert.match(String(account.truth.get("dev web")), /^half/);
  assert.deepEqual(violations(account), []);
  account.passes = () => true;
  account.push(["web"]);
  await account.settle();
  assert.deepEqual(there(account, "prod"), wanted(account, 3));
});

test("who rolls a stage back by hand is not overruled until something newer is proven", async () => {
  const account = await started();
  account.push(["web"]);
  await account.settle();
  account.rollBack("prod", runsOf(account, toProd!)[0]!);
  await account.settle();
  assert.deepEqual(there(account, "prod"), wanted(account, 1));
  account.push(["admin"]);
  await account.settle();
  assert.deepEqual(there(account, "prod"), wanted(account, 3));
});

test("a person asks for an older release", async () => {
  const account = await started();
  account.push(["web"]);
  await account.settle();
  account.enqueue(toProd!, { by: "person", release: "1" });
  await account.settle();
  assert.deepEqual(there(account, "prod"), wanted(account, 1));
});

test("behind a closed transition the newest release waits, and nobody else is held up", async () => {
  const account = await started();
  account.closed.add(`${toProd} prod`);
  for (const _ of ["second", "third"]) {
    account.push(["web"]);
    await account.settle();
  }
  assert.deepEqual(there(account, "dev"), wanted(account, 3));
  assert.deepEqual(there(account, "prod"), wanted(account, 1));
  account.closed.clear();
  await account.settle();
  assert.deepEqual(there(account, "prod"), wanted(account, 3));
});

test("a run that fails before it could select is begun again, with patience", async () => {
  const account = await started();
  account.push(["web"]);
  await goOn(account, isBuilding);
  await account.look();
  account.fate = () => "fails before";
  await goOn(account, ({ pipeline }) => pipeline === toDev);
  account.fate = () => "works";
  const failed = last(account, toDev!);
  assert.equal(failed.status, "failed");
  await account.look();
  assert.equal(last(account, toDev!), failed);
  await account.settle();
  assert.deepEqual(there(account, "prod"), wanted(account, 2));
});

test("a start that is refused is made at a later look", async () => {
  const account = await started();
  account.push(["web"]);
  await goOn(account, isBuilding);
  const { length } = account.machine.runs;
  account.fate = () => "fails before";
  await account.look();
  assert.equal(account.machine.runs.length, length);
  account.fate = () => "works";
  await account.settle();
  assert.deepEqual(there(account, "prod"), wanted(account, 2));
});

test("failed actions are not retried once another run has been in the stage", async () => {
  const account = await started();
  account.passes = ({ pipeline, environment }) => environment === undefined || pipeline !== "web";
  account.push(["web"]);
  await account.settle();
  const failed = runsOf(account, toDev!).at(-2)!;
  assert.equal(failed.status, "failed");
  account.passes = () => true;
  account.push(["admin"]);
  await account.settle();
  assert.equal(account.retry(failed, "failed actions"), false);
  assert.deepEqual(there(account, "dev"), wanted(account, 3));
});

test("what is deployed again starts nobody: who stands on it goes only where it is new", async () => {
  const account = await started();
  account.enqueue(toDev!, { by: "person", release: "1" });
  await account.settle();
  assert.equal(runsOf(account, toProd!).length, 1);
});

test("an event that comes late and twice moves no commit", async () => {
  const account = await started();
  const older = account.push(["infra", "web"]);
  const { pending } = account.machine;
  pending.splice(
    pending.findIndex((start) => start.pipeline.id === "shop-web-main"),
    1,
  );
  const newer = account.push(["web"]);
  for (const name of ["infra", "web", "infra"]) account.enqueue(`shop-${name}-main`, { by: "push", commit: older });
  await account.settle();
  const newest = Math.max(...proven(account, "prod"));
  assert.equal(releaseOf(account, newest).commit, newer);
  assert.deepEqual(there(account, "prod"), wanted(account, newest));
});

test("a record of another version is never taken for nothing", async () => {
  const account = await started();
  account.objects.set("releases/infra@main/00000001.json", JSON.stringify({ version: 2 }));
  await assert.rejects(account.look(), /00000001.json is of version 2, and version 1 is known here/);
});

test(
  "every single call may fail, before it had its effect or after, or another look may come between",
  fullDepth(),
  async () => {
    const calls = async (fateOf: (call: number) => Fate) => {
      const account = await started();
      let count = 0;
      account.fate = () => fateOf(count++);
      account.push(["infra", "web"]);
      await account.settle();
      assert.deepEqual(there(account, "dev"), wanted(account, 2));
      assert.deepEqual(there(account, "prod"), wanted(account, 2));
      // Two that look at once may start one run too many.
      const others = account.machine.runs.filter(({ status }) => status !== "succeeded");
      for (const run of others)
        assert.deepEqual(reasonOf(account, run), [
          "stopped",
          "release 2 was here already, and nothing newer is proven",
        ]);
      assert.deepEqual(violations(account), []);
      return count;
    };
    const all = await calls(() => "works");
    const step = Math.ceil(all / tries(100).numRuns);
    for (let failing = 0; failing < all; failing += step) {
      for (const fate of ["fails before", "fails after", "meanwhile"] as const) {
        await calls((call) => (call === failing ? fate : "works"));
      }
    }
  },
);

// The definition changes

test("a path more, where nothing changed since, deploys nothing and holds nothing up", async () => {
  const account = await started();
  account.push(["web"]);
  await account.settle();
  const begins = () => account.entries.filter(({ what }) => what === "begins").length;
  const before = begins();
  account.create(await changed({ paths: ["admin/**"] }));
  await account.settle();
  assert.equal(begins(), before);
  account.push(["web"]);
  await account.settle();
  assert.deepEqual(there(account, "prod"), wanted(account, 3));
  assert.equal(account.truth.get("prod infra"), "infra@c1");
});

test("a renamed pipeline is built, and deployed under its new name", async () => {
  const account = await started();
  account.create(await changed({ sites: ["site", "admin"] }));
  await account.settle();
  assert.deepEqual(Object.keys(releaseOf(account, 2).parts), ["infra", "site", "admin"]);
  assert.deepEqual(there(account, "prod"), wanted(account, 2));
});

test("a pipeline that failed and is taken out of the definition holds nothing up", async () => {
  const account = await started();
  account.passes = ({ pipeline, environment }) => environment === undefined || pipeline !== "web";
  account.push(["web"]);
  await account.settle();
  account.create(await changed({ sites: ["admin"] }));
  account.push(["infra"]);
  await account.settle();
  const newest = Math.max(...proven(account, "prod"));
  assert.deepEqual(Object.keys(releaseOf(account, newest).parts), ["infra", "admin"]);
  assert.deepEqual(there(account, "prod"), wanted(account, newest));
});

test("a need more, while an older release waits for production: it goes there, on what it needs", async () => {
  const account = await started();
  account.push(["web", "admin"]);
  await account.settle({ approves: false });
  account.create(await changed({ adminNeeds: "web" }));
  await account.settle();
  assert.deepEqual(there(account, "prod"), wanted(account, 2));
  account.push(["web"]);
  await account.settle();
  assert.deepEqual(there(account, "prod"), wanted(account, 3));
});

test("a new environment begins with the newest release that is proven before it", async () => {
  const account = await started();
  account.create(await changed({ environments: ["dev", "prod", "late"] }));
  await account.settle();
  assert.deepEqual(there(account, "late"), wanted(account, 1));
});

test("an environment that comes to stand before another holds back only what it has not proven", async () => {
  const account = await started();
  account.create(await changed({ environments: ["dev", "stage", "prod"] }));
  await account.settle();
  assert.deepEqual(there(account, "stage"), wanted(account, 1));
  account.push(["web"]);
  await account.settle();
  assert.deepEqual(there(account, "prod"), wanted(account, 2));
});

test("fifty runs under way are the most, and what was refused then comes all the same", async () => {
  const account = await begun(await shopIn("single"));
  for (let times = 0; times < 60; times++) account.begin(account.enqueue("shop", { by: "person" }));
  assert.equal(account.machine.runs.filter(({ status }) => status === "running").length, 50);
  assert.ok(account.machine.events.some((one) => one.what === "not-started" && /50 runs/.test(one.reason)));
  for (const run of account.machine.runs.slice(1)) account.stop(run);
  account.push(["web"]);
  await account.settle();
  assert.equal(account.truth.get("prod web")?.slice(0, 6), "web@c2");
});
