/** What is promoted by itself, and when: every way in which a release stays, goes on, or is left alone. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Deployed } from "../../src/plan/plan.ts";
import { automaticPromotions } from "../../src/release/automatic.ts";
import { type RunFacts, releaseHistory } from "../../src/release/history.ts";
import { delivery, deployed, environment, pipeline } from "../plan/sample-delivery.ts";

const hour = 3_600_000;
const web = [pipeline("web")];
const [dev, stays] = [environment("dev"), environment("test", { after: ["dev"] })];
const soaking = environment("test", { after: ["dev"], promote: { soakMs: 2 * hour } });
const shop = delivery(web, [dev, soaking]);

let seq = 0;

interface Parts extends Partial<RunFacts> {
  event?: RunFacts["plan"]["change"]["event"];
  /** Nothing of it had to run. */
  idle?: true;
}

/** A run that comes to an environment at a time; `begun`: and no further. */
function run(number: number, to: string, at: number, parts: Parts & { begun?: true } = {}): RunFacts {
  const { event = "push", idle, begun, ...rest } = parts;
  const record: Record<string, Deployed> = { web: deployed(number) };
  const common = { pipeline: "web", environment: to, commit: `commit-${number}` };
  const reason = { code: "unchanged" as const, text: "", because: [] };
  return {
    run: `r${number}`,
    number,
    seq: ++seq,
    at: at - 1,
    delivery: shop,
    plan: {
      version: 1,
      delivery: "sample",
      change: { event, commit: `commit-${number}`, branch: "main" },
      environments: [to],
      parameters: {},
      jobs: [],
      joins: [],
      criticalPath: [],
      pipelines: [
        idle ? { ...common, decision: "reuse", reason, reused: deployed(1) } : { ...common, decision: "run", reason },
      ],
    },
    changes: idle ? [] : [{ environment: to, seq: ++seq, at, ...(!begun && { deployed: record }) }],
    answers: [],
    ...(!begun && { conclusion: "succeeded" as const }),
    ...rest,
  };
}

const moved = (number: number, moves: number, to: string, parts: Parts & { begun?: true } = {}) =>
  run(number, to, number * hour, { event: "promotion", moves, ...parts });

/** `12 → test at 14`, in hours. */
const due = (...runs: RunFacts[]) =>
  automaticPromotions(releaseHistory(runs), runs).promotions.map(
    ({ release, environment, at }) => `${release} → ${environment} at ${at / hour}`,
  );

/** Why what could go on does not, after the words that are the same each time. */
const held = (...runs: RunFacts[]) =>
  automaticPromotions(releaseHistory(runs), runs).held.map(({ release, environment, text }) => {
    const same = `release ${release} does not go to ${environment} by itself: `;
    assert.ok(text.startsWith(same), text);
    return `${release}: ${text.slice(same.length)}`;
  });

test("what could go on and does not is said with what keeps it, and nothing else is", () => {
  const first = run(1, "dev", 10 * hour);
  assert.deepEqual(held(first), [], "it soaks");
  assert.deepEqual(held(first, run(2, "dev", 11 * hour, { event: "manual", by: "ada" })), ["2: ada ran it by hand"]);
  const byHand = { event: "manual" as const, begun: true as const };
  assert.deepEqual(held(first, run(2, "dev", 11 * hour, byHand)), ["1: release 2 is being deployed to dev"]);
  const failed = { begun: true as const, conclusion: "failed" as const };
  assert.deepEqual(held(first, run(2, "dev", 11 * hour, failed)), ["1: release 2 did not come to dev as a whole"]);
  assert.deepEqual(held(first, moved(11, 1, "dev", failed)), ["1: it did not come to dev as a whole"]);
  const rollback = { event: "rollback" as const };
  assert.deepEqual(held(first, run(2, "dev", 11 * hour), moved(3, 1, "dev", rollback)), ["2: dev has release 1"]);
  assert.deepEqual(held(first, moved(2, 1, "test", failed)), ["1: run r2 took it there, and failed"]);
  const off = { changes: [], conclusion: "cancelled" as const };
  assert.deepEqual(held(first, moved(2, 1, "test", off)), ["1: run r2 took it there, and was cancelled"]);
  assert.deepEqual(held(first, moved(2, 1, "test", { changes: [], begun: true })), [], "its run says so itself");
  assert.deepEqual(held(first, moved(2, 1, "test")), [], "it is there");
  const delivery1 = delivery(web, [dev, stays]);
  assert.deepEqual(
    held(run(1, "dev", 10 * hour, { delivery: delivery1, event: "manual" })),
    [],
    "nobody has chosen it",
  );
});

test("what is in all that comes before goes on once it has soaked there", () => {
  assert.deepEqual(due(run(1, "dev", 10 * hour)), ["1 → test at 12"]);
  assert.deepEqual(due(run(1, "dev", 10 * hour), run(2, "dev", 11 * hour)), ["2 → test at 13"], "a newer one");
  const back = [run(1, "dev", 10 * hour), run(2, "dev", 4 * hour)];
  assert.deepEqual(due(...back), ["2 → test at 6"], "by the clock of when it came, though that was set back");
});

test("nothing goes on where nobody has chosen it", () => {
  const delivery1 = delivery(web, [dev, stays]);
  assert.deepEqual(due(run(1, "dev", 10 * hour, { delivery: delivery1 })), []);
});

test("a newer run of another branch changes nothing; the newest definition of its own branch may end it", () => {
  const first = run(1, "dev", 10 * hour);
  const other = environment("other");
  const ofBranch = (branch: string, environments: Parameters<typeof delivery>[1]) => {
    const made = run(2, "other", 11 * hour, { delivery: delivery(web, environments) });
    made.plan.change.branch = branch;
    return made;
  };
  assert.deepEqual(due(first, ofBranch("topic", [other])), ["1 → test at 12"]);
  assert.deepEqual(due(first, ofBranch("topic", [dev, stays, other])), ["1 → test at 12"]);
  assert.deepEqual(due(first, ofBranch("main", [dev, soaking, other])), ["1 → test at 12"]);
  assert.deepEqual(due(first, ofBranch("main", [dev, stays, other])), []);
  assert.deepEqual(due(first, ofBranch("main", [other])), []);
});

test("what somebody has run by hand, or from no branch, is theirs to bring on", () => {
  assert.deepEqual(due(run(1, "dev", 10 * hour, { event: "manual" })), []);
  assert.deepEqual(due(run(1, "dev", 10 * hour, { event: "schedule" })), ["1 → test at 12"]);
  const nowhere = run(1, "dev", 10 * hour);
  nowhere.plan.change.branch = "";
  assert.deepEqual(due(nowhere), []);
});

test("a newer release cancels it as soon as it begins, and whatever becomes of it", () => {
  const first = run(1, "dev", 10 * hour);
  assert.deepEqual(due(first, run(2, "dev", 11 * hour, { begun: true })), []);
  assert.deepEqual(due(first, run(2, "dev", 11 * hour, { begun: true, conclusion: "failed" })), []);
});

test("what comes before it again does not soak until it is there again as a whole", () => {
  const first = run(1, "dev", 10 * hour);
  assert.deepEqual(due(first, moved(11, 1, "dev", { begun: true })), []);
  assert.deepEqual(due(first, moved(11, 1, "dev")), ["1 → test at 13"]);
});

test("a rollback of what comes before cancels it; what a failure went back to soaks anew", () => {
  const [first, second] = [run(1, "dev", 10 * hour), run(2, "dev", 11 * hour)];
  const rollback = { event: "rollback" as const };
  assert.deepEqual(due(first, second, moved(3, 1, "dev", rollback)), []);
  const failed = run(2, "dev", 11 * hour, { begun: true, conclusion: "failed" });
  assert.deepEqual(due(first, failed, moved(12, 1, "dev", rollback)), ["1 → test at 14"]);
});

test("a release that was tried there is not tried again by itself, whatever came of it", () => {
  const first = run(1, "dev", 10 * hour);
  assert.deepEqual(due(first, moved(2, 1, "test")), [], "it is there");
  assert.deepEqual(due(first, moved(2, 1, "test", { begun: true, conclusion: "failed" })), [], "it failed");
  assert.deepEqual(due(first, moved(2, 1, "test", { changes: [], conclusion: "cancelled" })), [], "it was not let in");
  assert.deepEqual(due(first, moved(2, 1, "test", { changes: [], begun: true })), [], "somebody is asked");
  assert.deepEqual(due(first, run(2, "dev", 11 * hour), moved(3, 1, "test")), ["2 → test at 13"], "a newer one is");
});

test("what was taken back there does not come again by itself", () => {
  const runs = [run(1, "dev", 1 * hour), moved(2, 1, "test"), run(3, "dev", 3 * hour), moved(4, 3, "test")];
  assert.deepEqual(due(...runs, moved(5, 1, "test", { event: "rollback" })), []);
});

test("a release of which nothing had to run soaks from when it was made", () => {
  assert.deepEqual(due(run(1, "dev", 10 * hour), run(2, "dev", 11 * hour + 1, { idle: true })), ["2 → test at 13"]);
});

test("with several before it, the last to have it counts, and all must; one after the other it goes on", () => {
  const prod = environment("prod", { after: ["test"], promote: { soakMs: 24 * hour } });
  const chain = delivery(web, [dev, soaking, prod]);
  const first = run(1, "dev", 1 * hour, { delivery: chain });
  assert.deepEqual(due(first), ["1 → test at 3"]);
  assert.deepEqual(due(first, moved(3, 1, "test")), ["1 → prod at 27"]);
  const eu = environment("eu");
  const two = delivery(web, [dev, eu, environment("test", { after: ["dev", "eu"], promote: { soakMs: 2 * hour } })]);
  const there = run(1, "dev", 1 * hour, { delivery: two });
  assert.deepEqual(due(there), []);
  const both = { ...there, plan: { ...there.plan, environments: ["dev", "eu"] } };
  both.plan.pipelines = ["dev", "eu"].map((name) => ({ ...there.plan.pipelines[0]!, environment: name }));
  both.changes = [...there.changes, { environment: "eu", seq: ++seq, at: 5 * hour, deployed: { web: deployed(1) } }];
  assert.deepEqual(due(both), ["1 → test at 7"]);
});
