import assert from "node:assert/strict";
import { test } from "node:test";
import { fullDepth } from "../../lane/needs.ts";
import { allCheckers } from "./checkers.ts";
import { mutations } from "./mutations.ts";
import { simulate } from "./simulate.ts";

/** Worlds lived through until the checker must have seen its mistake. */
const patience = 1500;

const checkers = allCheckers().map(({ name }) => name);

test("for each checker there is a mistake, and for each mistake a checker", () => {
  const seen = Object.keys(mutations).map((key) => key.split(": ")[0]!);
  assert.deepEqual([...new Set(seen)].sort(), checkers.sort());
});

for (const [key, mutation] of Object.entries(mutations)) {
  const name = key.split(": ")[0]!;
  test(`"${name}" sees an engine that ${mutation.does}`, fullDepth(), async (t) => {
    for (let seed = 1; seed <= patience; seed += 1) {
      const violation = await simulate(seed, { only: name, sabotage: mutation.sabotage });
      if (violation?.checker !== name) continue;
      t.diagnostic(`seed ${seed}: ${violation.message.slice(0, 160)}`);
      return;
    }
    assert.fail(`${patience} worlds went wrong unseen`);
  });
}
