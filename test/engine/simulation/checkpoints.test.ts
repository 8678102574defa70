import assert from "node:assert/strict";
import { test } from "node:test";
import type { Checkpoint } from "../../../src/engine/saved-state.ts";
import { fullDepth } from "../../lane/needs.ts";
import { simulate } from "./simulate.ts";

/**
 * Checkpoints that forget: each must be seen when a Baton begins with one, for every other Baton folds all events. What is
 * seen in few worlds has the number of one that did see it, which is tried before the others.
 */
const forgetful: [string, (saved: Checkpoint) => void, rare?: number][] = [
  ["who waits for a slot", each(({ ready }) => ready.fresh.splice(0))],
  ["what is to be skipped", each(({ toSkip }) => toSkip.splice(0)), 523],
  ["what a job has tried", each(({ jobs }) => jobs.map((job) => Object.assign(job, { tries: 0 })))],
  ["what has ended before", each(({ order }) => order.pending.fill(1))],
  ["who is in a group", ({ groups }) => groups.splice(0)],
  ["what runs", ({ attempts }) => attempts.splice(0)],
  ["what was deployed", ({ facts }) => Object.assign(facts, { deployed: {} })],
  ["what began to be deployed", ({ environments }) => environments.map(({ newest }) => newest.clear())],
  ["what is frozen", ({ environments }) => environments.map((each) => Object.assign(each, { freeze: undefined }))],
  ["who need not wait for a freeze", each(({ facts }) => Object.assign(facts, { override: undefined }))],
  ["which release is next", ({ facts }) => Object.assign(facts, { nextRelease: facts.nextRelease + 1 })],
];

/** Does it to every open run. */
function each(forget: (run: Checkpoint["runs"][number]) => unknown): (saved: Checkpoint) => void {
  return ({ runs }) => {
    for (const run of runs) forget(run);
  };
}

const patience = 3_000;

for (const [what, forget, rare = 1] of forgetful) {
  test(`a checkpoint that forgets ${what} is seen`, fullDepth(), async () => {
    for (let tried = 0; tried <= patience; tried += 1) {
      const violation = await simulate(tried === 0 ? rare : tried, {
        sabotage: {
          ports: (ports) => ({
            ...ports,
            store: {
              ...ports.store,
              checkpoint() {
                const saved = ports.store.checkpoint();
                if (saved !== undefined) forget(saved);
                return saved;
              },
            },
          }),
        },
      });
      if (violation !== undefined) return;
    }
    assert.fail(`${patience} worlds went wrong unseen`);
  });
}
