/** Whatever the pipelines, the events and the delays: no trace breaks what the service guarantees, and a breach is seen. */

import assert from "node:assert/strict";
import { describe as group, test } from "node:test";
import fc from "fast-check";
import { conditionNames } from "../../../../src/platforms/codepipeline/simulate/platform.ts";
import type {
  SimulatedPipeline,
  SimulatedStage,
} from "../../../../src/platforms/codepipeline/simulate/simulated-pipeline.ts";
import type { Scenario } from "../../../../src/simulation/scenario.ts";
import { isFull, tries } from "../../../lane/depth.ts";
import { violations } from "./invariants.ts";
import { type Case, cases, describe } from "./random-pipelines.ts";
import type { Trace } from "./simulate.ts";
import { simulate } from "./simulate.ts";
import { choices, chooser } from "./worlds.ts";

const shape = { pipelines: 3, stages: 3, actions: 3, events: 4 };

function traceOf(
  pipelines: readonly SimulatedPipeline[],
  { events, outcomes, outputs = [] }: Scenario,
  picks: readonly number[],
): Trace {
  const fails = (pipeline: string, root: string, path: readonly string[]) =>
    outcomes.some(
      ({ job }) =>
        job.run.pipeline === pipeline &&
        (job.run.event === undefined || job.run.event === root) &&
        job.path.join("/") === path.join("/"),
    );
  return simulate(pipelines, {
    events,
    choose: chooser(picks),
    outcome: ({ run, stage, action }) => (fails(run.pipeline, run.root, [stage, action]) ? "failed" : "passed"),
    rule: ({ run, stage, when }) =>
      fails(run.pipeline, run.root, [stage, conditionNames[when]]) ? "failed" : "passed",
    variables: ({ run, stage, action }) =>
      outputs.find(({ job }) => job.run.pipeline === run.pipeline && job.path.join("/") === `${stage}/${action}`)
        ?.values ?? {},
  });
}

test("no trace breaks what the service guarantees", () => {
  const seen = { superseded: 0, rollback: 0, stopped: 0, failed: 0, state: 0, invoke: 0, skipped: 0, resumed: 0 };
  fc.assert(
    fc.property(fc.oneof(cases(shape), cases(shape).map(rollingBack)), choices, (given, picks) => {
      const trace = traceOf(given.pipelines, given.scenario, picks);
      assert.deepEqual(violations(given.pipelines, trace), [], describe(given));
      for (const { status, kind, trigger } of trace.runs) {
        if (status === "superseded" || status === "stopped" || status === "failed") seen[status]++;
        if (kind === "rollback") seen.rollback++;
        if (trigger === "state" || trigger === "invoke") seen[trigger]++;
      }
      for (const { what } of trace.events) {
        if (what === "stage-skipped") seen.skipped++;
        if (what === "run-resumed") seen.resumed++;
      }
    }),
    tries(2000),
  );
  if (!isFull) return;
  for (const [what, times] of Object.entries(seen)) assert.ok(times > 10, `${what} happened ${times} times`);
});

test("the same world gives the same trace", () => {
  fc.assert(
    fc.property(cases(shape), choices, (given, picks) => {
      const again = () => traceOf(given.pipelines, given.scenario, picks).events;
      assert.deepEqual(again(), again());
    }),
    tries(334),
  );
});

/** The same with a rollback of every stage that fails, and one event that makes the first action fail. */
function rollingBack({ pipelines, scenario }: Case): Case {
  const onFailure = { result: "ROLLBACK", retry: "FAILED_ACTIONS" } as const;
  const failing = pipelines.map(({ id, stages }) => ({
    job: { run: { pipeline: id, event: "e1" }, path: [stages[0]!.name, stages[0]!.actions[0]!.name] },
    outcome: "failure" as const,
  }));
  return {
    pipelines: pipelines.map(inStages((stage) => ({ ...stage, onFailure }))),
    scenario: { ...scenario, outcomes: failing },
  };
}

/** What a service with a mistake would do, by what it takes the pipelines for; the invariants look at what is written. */
const mistakes: Readonly<Record<string, (pipeline: SimulatedPipeline) => SimulatedPipeline>> = {
  "several runs in a stage": (pipeline) => ({ ...pipeline, executionMode: "PARALLEL" }),
  "runs that wait are dropped": (pipeline) => ({ ...pipeline, executionMode: "SUPERSEDED" }),
  "run orders do not count": inStages((stage) => ({
    ...stage,
    actions: stage.actions.map((one) => ({ ...one, runOrder: 1 })),
  })),
  "stages come in another order": (pipeline) => ({ ...pipeline, stages: pipeline.stages.toReversed() }),
  "every failure is rolled back": inStages((stage) => ({
    ...stage,
    onFailure: { result: "ROLLBACK", retry: "FAILED_ACTIONS" },
  })),
  "a start when the other pipeline begins": (pipeline) => ({
    ...pipeline,
    starts: pipeline.starts.map((start) => (start.kind === "state" ? { ...start, states: ["STARTED"] } : start)),
  }),
  "every action leaves every artifact": inStages((stage) => ({
    ...stage,
    actions: stage.actions.map((one) => ({ ...one, outputs: ["x"] })),
  })),
};

function inStages(change: (stage: SimulatedStage) => SimulatedStage) {
  return (pipeline: SimulatedPipeline): SimulatedPipeline => ({ ...pipeline, stages: pipeline.stages.map(change) });
}

group("a simulator with a mistake is seen", () => {
  for (const [name, change] of Object.entries(mistakes)) {
    test(name, () => {
      const found = fc.sample(fc.tuple(cases(shape), choices), { numRuns: 400, seed: 7 }).some(([given, picks]) => {
        const trace = traceOf(given.pipelines.map(change), given.scenario, picks);
        return violations(given.pipelines, trace).length > 0;
      });
      assert.ok(found);
    });
  }
});
