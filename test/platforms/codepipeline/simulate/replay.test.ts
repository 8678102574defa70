/** What can be replayed is exactly what can happen, alone and beside workflows. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { codepipelinePlatform } from "../../../../src/platforms/codepipeline/simulate/platform.ts";
import { githubPlatform } from "../../../../src/platforms/github/simulate/platform.ts";
import type { AnySimulatedPlatform } from "../../../../src/simulation/machine.ts";
import type { Scenario } from "../../../../src/simulation/scenario.ts";
import type { Moment } from "../../../../src/simulation/schedule.ts";
import { createSimulator } from "../../../../src/simulation/simulator.ts";
import { isFull, tries } from "../../../lane/depth.ts";
import { fullDepth } from "../../../lane/needs.ts";
import { contains, everyTrace, momentsOf } from "../../every-trace.ts";
import * as workflows from "../../github/simulate/random-workflows.ts";
import { cases, describe, eventFor } from "./random-pipelines.ts";

/** The same cases each time: of random ones too many are too large to look at every order. */
const search = tries(80, 20_261_121);

const picked = fc.array(fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), { minLength: 8, maxLength: 8 });

interface Asked {
  readonly platforms: readonly AnySimulatedPlatform[];
  readonly scenario: Scenario;
  readonly picks: readonly (readonly number[])[];
  readonly verdicts: { possible: number; impossible: number };
  readonly words: string;
}

function holds({ platforms, scenario, picks, verdicts, words }: Asked): void {
  const simulator = createSimulator(platforms, { searchLimit: 200_000 });
  const traces = everyTrace(simulator, scenario, 600);
  fc.pre(traces !== undefined);
  const moments = momentsOf(traces);
  fc.pre(moments.length > 1);
  for (const pick of picks) {
    const schedule: Moment[] = pick.map((at) => moments[at % moments.length]!);
    const wanted: keyof typeof verdicts = traces.some((trace) => contains(trace, schedule)) ? "possible" : "impossible";
    const replay = simulator.replay(scenario, schedule);
    assert.equal(replay.kind, wanted, `${JSON.stringify(schedule)}\n${words}`);
    verdicts[wanted]++;
    if (replay.kind === "possible") assert.ok(contains(replay.trace, schedule));
  }
}

test("a replay is possible exactly where some order of events is", () => {
  const verdicts = { possible: 0, impossible: 0 };
  fc.assert(
    fc.property(cases({ pipelines: 2, stages: 2, actions: 2, events: 2 }), picked, (given, picks) => {
      const platforms = [codepipelinePlatform(given.pipelines)];
      holds({ platforms, scenario: given.scenario, picks, verdicts, words: describe(given) });
    }),
    search,
  );
  if (isFull) assert.ok(Math.min(verdicts.possible, verdicts.impossible) > 80, JSON.stringify(verdicts));
});

test("beside workflows, which interleave freely and share what comes from outside", fullDepth(), () => {
  const verdicts = { possible: 0, impossible: 0 };
  fc.assert(
    fc.property(
      cases({ pipelines: 1, stages: 1, actions: 1, events: 2 }),
      workflows.cases({ workflows: 1, jobs: 1, events: 1 }),
      fc.tuple(...[0, 1].map((index) => eventFor(index, ["p0", workflows.fileOf(0)]))),
      picked,
      (given, beside, events, picks) => {
        const platforms = [githubPlatform(workflows.repositoryOf(beside)), codepipelinePlatform(given.pipelines)];
        const outcomes = [...given.scenario.outcomes, ...beside.scenario.outcomes];
        const scenario = { ...given.scenario, events, outcomes };
        holds({ platforms, scenario, picks, verdicts, words: `${describe(given)}\n${workflows.describe(beside)}` });
      },
    ),
    search,
  );
  if (isFull) assert.ok(Math.min(verdicts.possible, verdicts.impossible) > 80, JSON.stringify(verdicts));
});
