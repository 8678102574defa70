/** What is written for a delivery, in both layouts, through any order of what people, events and the platform do. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { tries } from "../../../lane/depth.ts";
import { fullDepth } from "../../../lane/needs.ts";
import type { Fate } from "./account.ts";
import { checkers } from "./checkers.ts";
import type { Layout } from "./definition.ts";
import { begun, ended } from "./life.ts";
import { anyMove, changes, type Made, make, moves } from "./moves.ts";
import { type Settings, shopIn } from "./shop.ts";

const fates: fc.Arbitrary<Fate[]> = fc.array(
  fc.constantFrom<Fate>("works", "works", "fails before", "fails after", "meanwhile"),
  { minLength: 7, maxLength: 40 },
);

interface History {
  readonly layout: Layout;
  readonly settings: Settings;
  readonly made: readonly Made[];
  readonly fates: readonly Fate[];
  readonly areIdsOfTargets: boolean;
  readonly updatesEndRuns: boolean;
}

const alarms = ["bad"];
const events = ["an event arrives", "an event is lost", "an event comes twice"];
const kinds: readonly { layout: Layout; settings: Settings; impossible: readonly string[] }[] = [
  {
    layout: "single",
    settings: { rollback: "stage", alarms },
    impossible: [...events, "a release is asked for"],
  },
  {
    layout: "single",
    settings: { rollback: "function", alarms, waiting: "newest" },
    impossible: ["a release is asked for"],
  },
  { layout: "separate", settings: { rollback: "stage", alarms }, impossible: [] },
];

/** To its end, where all is well again: what is found on the way, and whether a last push gets everywhere. */
async function live(
  { layout, settings, made, fates, areIdsOfTargets, updatesEndRuns }: History,
  reached: Set<string>,
): Promise<string[]> {
  const definitions = await Promise.all(changes.map((change) => shopIn(layout, change, settings)));
  const account = await begun(definitions[0]!, { mostRuns: 6 });
  account.rollbacksHaveIdsOfTheirTargets = areIdsOfTargets;
  account.updatesEndRuns = updatesEndRuns;
  const found: string[] = [];
  for (const one of made) {
    if (await make({ account, definitions, fates }, one)) reached.add(one.kind);
    found.push(...checkers["half deployed, and recorded as whole"](account));
  }
  return [...found, ...(await ended(account))];
}

const histories = (length: number) =>
  fc.record({
    made: fc.array(anyMove, { minLength: 5, maxLength: length, size: "max" }),
    fates,
    areIdsOfTargets: fc.boolean(),
    updatesEndRuns: fc.boolean(),
  });

for (const { layout, settings, impossible } of kinds) {
  test(
    `in any order of moves, ${layout}, rollback by ${settings.rollback}: whatever must not be is not, and the newest gets everywhere`,
    fullDepth(),
    async () => {
      const reached = new Set<string>();
      await fc.assert(
        fc.asyncProperty(histories(60), async (history) => {
          assert.deepEqual(await live({ layout, settings, ...history }, reached), []);
        }),
        tries(120),
      );
      assert.deepEqual(
        Object.keys(moves).filter((kind) => !reached.has(kind)),
        impossible,
      );
    },
  );
}
