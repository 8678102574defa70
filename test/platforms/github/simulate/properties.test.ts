import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createSimulator } from "../../../../src/platforms/github/simulate/simulator.ts";
import { tries } from "../../../lane/depth.ts";
import { violations } from "./invariants.ts";
import { randomScheduler } from "./random-scheduler.ts";
import { cases, describe, repositoryOf } from "./random-workflows.ts";

test("whatever the workflows, the events and the delays, no trace breaks what GitHub guarantees", () => {
  fc.assert(
    fc.property(cases({ workflows: 4, jobs: 4, events: 3 }), fc.nat({ max: 1000 }), (given, seed) => {
      const repository = repositoryOf(given);
      const trace = createSimulator(repository).simulate(given.scenario, randomScheduler(seed));
      assert.deepEqual(violations(repository, trace), [], describe(given));
    }),
    tries(300),
  );
});

test("the same scenario and the same scheduler give the same trace", () => {
  fc.assert(
    fc.property(cases({ workflows: 3, jobs: 3, events: 2 }), fc.nat({ max: 1000 }), (given, seed) => {
      const simulate = () => createSimulator(repositoryOf(given)).simulate(given.scenario, randomScheduler(seed));
      assert.deepEqual(simulate().entries, simulate().entries);
    }),
    tries(50),
  );
});
