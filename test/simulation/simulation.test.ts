import assert from "node:assert/strict";
import { test } from "node:test";
import { keptSeeds } from "./kept-seeds.ts";
import { simulate, type Violation } from "./simulate.ts";

/**
 * `BATON_SEEDS=100000` lives through that many worlds, `BATON_SEED=7` through that one and shows it. `BATON_FIRST_SEED` is where
 * to begin.
 */
const single = process.env.BATON_SEED;
const count = Number(process.env.BATON_SEEDS ?? 10_000);
const first = Number(process.env.BATON_FIRST_SEED ?? 1);

test("kept seeds stay good", async () => {
  for (const { seed, was } of keptSeeds) {
    const violation = await simulate(seed);
    assert.equal(violation, undefined, violation && `${was}\n${explain(violation)}`);
  }
});

test(single === undefined ? `${count} seeds from ${first}` : `seed ${single}`, async (t) => {
  if (single !== undefined) {
    const violation = await simulate(Number(single));
    assert.equal(violation, undefined, violation && explain(violation));
    return;
  }
  let journal = 0;
  for (let seed = first; seed < first + count; seed += 1) {
    const violation = await simulate(seed, { onEnd: (events) => (journal += events) });
    assert.equal(violation, undefined, violation && explain(violation));
  }
  t.diagnostic(`${count} simulated worlds, ${journal} events recorded, every promise held`);
  assert.ok(journal > count * 10, "hardly anything happened in these worlds");
});

/** The end of the story; earlier lines are there with BATON_SEED. */
function explain({ seed, checker, message, trace }: Violation): string {
  const shown = single === undefined ? trace.slice(-40) : trace;
  const left = trace.length - shown.length;
  return [
    `seed ${seed} broke "${checker}": ${message}`,
    ...(left > 0 ? [`(${left} earlier lines: BATON_SEED=${seed} node --test test/simulation/simulation.test.ts)`] : []),
    ...shown,
    `Keep it: add seed ${seed} to test/simulation/kept-seeds.ts`,
  ].join("\n");
}
