/** What holds of every bill, whatever is billed. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compareBills } from "../../../../src/platforms/codepipeline/cost/compare.ts";
import { type Bill, billOf } from "../../../../src/platforms/codepipeline/cost/count.ts";
import { minutesOf } from "../../../../src/platforms/codepipeline/cost/minutes.ts";
import type { MonthlyUse, UsedPipeline } from "../../../../src/platforms/codepipeline/cost/monthly-use.ts";
import { type PriceId, priceIds, prices } from "../../../../src/platforms/codepipeline/cost/prices.ts";
import { costSettingsSchema } from "../../../../src/platforms/codepipeline/cost/settings.ts";
import { tries } from "../../../lane/depth.ts";

const machines = priceIds.filter((id) => id.startsWith("codebuild."));

const action = fc.record({
  names: fc.constant(["a"]),
  minutes: fc.integer({ min: 1, max: 60 }),
  basis: fc.constantFrom("measured" as const, "assumed" as const),
  build: fc.constantFrom(undefined, { machine: undefined }, ...machines.map((machine) => ({ machine }))),
  inputs: fc.nat(5),
  outputs: fc.nat(3),
});
const pipeline = fc.record({
  name: fc.constantFrom("infra", "web", "admin"),
  type: fc.constantFrom("V1" as const, "V2" as const),
  runs: fc.nat(400),
  actions: fc.array(action, { maxLength: 6 }),
  keptDays: fc.constantFrom(120, 365),
});
const thing = fc.record({
  price: fc.constantFrom<PriceId>("cloudwatch.alarm", "cloudwatch.dashboard", "secrets.secret", "kms.key"),
  item: fc.constant("things"),
  quantity: fc.nat(15),
  because: fc.constant("there"),
});
const use: fc.Arbitrary<MonthlyUse> = fc.record({
  pipelines: fc.array(pipeline, { maxLength: 4 }),
  things: fc.array(thing, { maxLength: 4 }),
  unpriced: fc.constant([]),
});
const settings = fc
  .record({ freeTier: fc.boolean(), artifactMb: fc.nat(500), logMb: fc.nat(50) })
  .map((some) => costSettingsSchema.parse(some));

/** Every amount is rounded to a millionth. */
const millionths = (usd: number) => Math.round(usd * 1e6);
const isAtLeast = (more: Bill, less: Bill) => millionths(more.usd) >= millionths(less.usd) - less.lines.length;

test("the total is the sum of the lines; nothing is negative, nor more free than there is", () => {
  fc.assert(
    fc.property(use, settings, (month, set) => {
      const { lines, usd } = billOf(month, set);
      assert.equal(
        millionths(usd),
        lines.reduce((sum, line) => sum + millionths(line.usd), 0),
      );
      for (const line of lines) {
        assert.ok(line.usd >= 0 && line.quantity >= 0, JSON.stringify(line));
        assert.ok(line.free >= 0 && line.free <= line.quantity, JSON.stringify(line));
        assert.ok(Math.abs(line.usd - (line.quantity - line.free) * line.unitUsd) < 1e-4, JSON.stringify(line));
      }
      for (const [id, all] of Map.groupBy(lines, ({ price }) => price)) {
        const free = all.reduce((sum, line) => sum + line.free, 0);
        assert.ok(free <= (set.freeTier ? prices[id].free : 0) + 1e-5, `${id} has ${free} free`);
      }
    }),
    tries(100),
  );
});

test("more runs and longer actions never cost less, and no free tier never costs less than one", () => {
  fc.assert(
    fc.property(use, settings, fc.nat(5), fc.nat(50), (month, set, at, more) => {
      const changed = (change: (one: UsedPipeline) => UsedPipeline): MonthlyUse => ({
        ...month,
        pipelines: month.pipelines.map((one, index) => (index === at ? change(one) : one)),
      });
      const before = billOf(month, set);
      const oftener = changed((one) => ({ ...one, runs: one.runs + more }));
      const longer = changed((one) => ({
        ...one,
        actions: one.actions.map((each) => ({ ...each, minutes: each.minutes + more })),
      }));
      assert.ok(isAtLeast(billOf(oftener, set), before), "runs");
      assert.ok(isAtLeast(billOf(longer, set), before), "minutes");
      assert.ok(isAtLeast(billOf(month, { ...set, freeTier: false }), before), "free tier");
    }),
    tries(100),
  );
});

test("a comparison has every amount of both bills, and no other", () => {
  fc.assert(
    fc.property(use, use, settings, (earlier, later, set) => {
      const [before, after] = [billOf(earlier, set), billOf(later, set)];
      const { rows } = compareBills(before, after);
      const sum = (side: "before" | "after") => rows.reduce((all, row) => all + millionths(row[side]?.usd ?? 0), 0);
      assert.deepEqual([sum("before"), sum("after")], [millionths(before.usd), millionths(after.usd)]);
      assert.equal(new Set(rows.map(({ service, item }) => `${service} ${item}`)).size, rows.length);
    }),
    tries(100),
  );
});

test("a month as the price pages would bill it", () => {
  const build = { names: ["b"], minutes: 3, basis: "assumed", build: { machine: "codebuild.general1.small" } } as const;
  const source = { names: ["s"], minutes: 1, basis: "assumed", build: undefined } as const;
  const approval = { names: ["a"], minutes: 0, basis: "free", build: undefined } as const;
  const actions = [source, build, approval, build].map((one) => ({ ...one, inputs: 0, outputs: 0 }));
  const made = (type: "V1" | "V2", runs: number) => ({ name: `${type}-${runs}`, type, runs, actions, keptDays: 120 });
  const bill = (pipelines: UsedPipeline[], some: object = {}) =>
    billOf({ pipelines, things: [], unpriced: [] }, costSettingsSchema.parse(some)).lines.flatMap(({ service, usd }) =>
      service === "CodePipeline" || service === "CodeBuild" ? [usd] : [],
    );
  // 50 runs of 7 minutes less 100 minutes, at $0.002; of 6 minutes less 100, at $0.005.
  assert.deepEqual(bill([made("V2", 50)]), [0.5, 1]);
  assert.deepEqual(bill([made("V2", 50)], { freeTier: false }), [0.7, 1.5]);
  assert.deepEqual(bill([made("V1", 50), made("V1", 0), made("V1", 10)], { freeTier: false }), [1, 0, 1, 1.5, 0, 0.3]);
  assert.deepEqual(bill([made("V1", 50), made("V1", 10)]).slice(0, 2), [0, 1], "the first active one is free");
  assert.deepEqual(bill([made("V2", 50)], { prices: { "codepipeline.v2": 0.004 } }), [1, 1]);
});

test("minutes that have begun are whole ones", () => {
  const set = costSettingsSchema.parse({ setupSeconds: 30, minutes: { "a/b": 0.2, default: 4 } });
  const minutes = (measuredMs: number | undefined, names = ["x"], provider?: string) =>
    minutesOf({ names, provider, measuredMs }, set);
  assert.deepEqual(minutes(1), { minutes: 1, basis: "measured" });
  assert.deepEqual(minutes(30_000), { minutes: 1, basis: "measured" });
  assert.deepEqual(minutes(30_001), { minutes: 2, basis: "measured" });
  assert.deepEqual(minutes(600_000, ["z", "a/b"]), { minutes: 1, basis: "given" });
  assert.deepEqual(minutes(undefined), { minutes: 4, basis: "assumed" });
  assert.deepEqual(minutes(undefined, ["x"], "CodeCommit"), { minutes: 1, basis: "assumed" });
});
