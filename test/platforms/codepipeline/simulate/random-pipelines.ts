/** Small random pipelines that may start each other, and scenarios for them. */

import fc from "fast-check";
import { allNames, noNames } from "../../../../src/facts/name-set.ts";
import { conditionNames } from "../../../../src/platforms/codepipeline/simulate/platform.ts";
import type {
  SimulatedAction,
  SimulatedPipeline,
  SimulatedStage,
  SimulatedStart,
  StageCondition,
} from "../../../../src/platforms/codepipeline/simulate/simulated-pipeline.ts";
import type { OutcomeRule, RootEvent, Scenario } from "../../../../src/simulation/scenario.ts";
import { action, pipeline } from "./worlds.ts";

export interface Case {
  readonly pipelines: readonly SimulatedPipeline[];
  readonly scenario: Scenario;
}

export interface Shape {
  readonly pipelines: number;
  readonly stages: number;
  readonly actions: number;
  readonly events: number;
}

const ids = ["p0", "p1", "p2"];
const stageNames = ["S", "T", "U"];
const actionNames = ["a", "b", "c"];

const rarely = <T>(of: fc.Arbitrary<T>, times = 4): fc.Arbitrary<T | undefined> =>
  fc.oneof({ arbitrary: fc.constant(undefined), weight: times }, { arbitrary: of, weight: 1 });

const condition = (...results: readonly StageCondition["result"][]): fc.Arbitrary<StageCondition> =>
  fc.record({
    result: fc.constantFrom(...results),
    rules: fc.constantFrom(
      [{ name: "alarm", provider: "CloudWatchAlarm", check: undefined }],
      [
        {
          name: "check",
          provider: "VariableCheck",
          check: { variable: "#{V.x}", operator: "EQ", value: "1" } as const,
        },
      ],
    ),
  });

function actionFor(index: number, others: readonly string[]): fc.Arbitrary<SimulatedAction> {
  return fc
    .record({
      runOrder: fc.constantFrom(1, 1, 2),
      source: rarely(fc.constant({ branch: [{ kind: "text", text: "main" } as const] }), 6),
      inputs: fc.constantFrom<string[]>([], [], [], [], [], ["x"]),
      outputs: fc.constantFrom<string[]>([], ["x"]),
      namespace: rarely(fc.constant("V"), 3),
      starts: others.length === 0 ? fc.constant(undefined) : rarely(fc.constantFrom(...others), 8),
    })
    .map(({ starts, ...more }) =>
      action(actionNames[index]!, { ...more, startsPipelines: starts === undefined ? [] : [starts] }),
    );
}

function stageFor(index: number, { actions }: Shape, others: readonly string[]): fc.Arbitrary<SimulatedStage> {
  const retry = fc.constantFrom("FAILED_ACTIONS" as const, "ALL_ACTIONS" as const);
  return fc.record({
    name: fc.constant(stageNames[index]!),
    actions: fc
      .integer({ min: 1, max: actions })
      .chain((count) => fc.tuple(...Array.from({ length: count }, (_, i) => actionFor(i, others)))),
    beforeEntry: rarely(condition("SKIP", "FAIL"), 5),
    onSuccess: rarely(condition("FAIL", "ROLLBACK"), 6),
    onFailure: rarely(
      fc.oneof(
        fc.record({ result: fc.constantFrom("ROLLBACK" as const, "RETRY" as const), retry }),
        fc.record({ result: fc.constant("ROLLBACK" as const), retry, condition: condition("ROLLBACK") }),
      ),
      1,
    ),
  });
}

function startsFor(others: readonly string[]): fc.Arbitrary<SimulatedStart[]> {
  const push = fc.constantFrom(true, true, false);
  const after =
    others.length === 0
      ? fc.constant(undefined)
      : rarely(
          fc.record({
            kind: fc.constant("state" as const),
            level: fc.constantFrom("pipeline" as const, "pipeline" as const, "stage" as const, "action" as const),
            pipelines: fc.constantFrom(...others).map((other) => [other]),
            stages: fc.constantFrom(undefined, ["S"]),
            actions: fc.constantFrom(undefined, ["a"]),
            states: fc.constantFrom(["SUCCEEDED"], ["SUCCEEDED"], ["FAILED"]),
          }),
          1,
        );
  return fc
    .tuple(
      push,
      after,
      rarely(fc.constant<SimulatedStart>({ kind: "schedule" }), 3),
      fc.constantFrom(false, false, true),
    )
    .map(([isPushed, state, schedule, isPolled]): SimulatedStart[] => [
      ...(isPushed || !state
        ? [
            {
              ...({ kind: "push", repository: "a/shop", branches: allNames, tags: noNames, paths: allNames } as const),
              ...{ branch: undefined, isPolled },
            },
          ]
        : []),
      ...(state ? [state] : []),
      ...(schedule ? [schedule] : []),
    ]);
}

/** Only earlier ones start later ones, so that they never go round. */
function pipelineFor(index: number, shape: Shape, all: number): fc.Arbitrary<SimulatedPipeline> {
  const later = ids.slice(index + 1, all);
  return fc
    .record({
      executionMode: fc.constantFrom(
        "SUPERSEDED" as const,
        "SUPERSEDED" as const,
        "QUEUED" as const,
        "PARALLEL" as const,
      ),
      starts: startsFor(ids.slice(0, index)),
      partial: fc.constantFrom(false, true),
      stages: fc
        .integer({ min: 1, max: shape.stages })
        .chain((count) => fc.tuple(...Array.from({ length: count }, (_, i) => stageFor(i, shape, later)))),
    })
    .map(({ stages, ...more }) => pipeline(ids[index]!, stages, more));
}

export function eventFor(index: number, targets: readonly string[]): fc.Arbitrary<RootEvent> {
  const id = `e${index}`;
  const target = fc.constantFrom(...targets);
  const push = fc.constant<RootEvent>({
    ...{ id, kind: "push", ref: { kind: "branch", name: "main" }, paths: "every", commit: `c${index}` },
  });
  const rarer: fc.Arbitrary<RootEvent>[] = [
    target.map((pipeline): RootEvent => ({ id, kind: "dispatch", pipeline, branch: "main", inputs: {} })),
    target.map((pipeline): RootEvent => ({ id, kind: "schedule", pipeline })),
  ];
  if (index > 0) {
    rarer.push(target.map((pipeline): RootEvent => ({ id, kind: "rerun", of: { pipeline } })));
    rarer.push(target.map((pipeline): RootEvent => ({ id, kind: "cancel", of: { pipeline } })));
  }
  return fc.oneof({ arbitrary: push, weight: 4 }, ...rarer.map((arbitrary) => ({ arbitrary, weight: 1 })));
}

function outcome(targets: readonly string[]): fc.Arbitrary<OutcomeRule> {
  return fc
    .record({
      pipeline: fc.constantFrom(...targets),
      event: rarely(fc.constantFrom("e1", "e1", "e2"), 1),
      stage: fc.constantFrom("S", ...stageNames),
      job: fc.constantFrom("a", "b", "a", "b", ...Object.values(conditionNames)),
    })
    .map(({ pipeline: id, event, stage, job }) => ({
      job: { run: { pipeline: id, ...(event === undefined ? {} : { event }) }, path: [stage, job] },
      outcome: "failure",
    }));
}

export function cases(shape: Shape): fc.Arbitrary<Case> {
  return fc.integer({ min: 1, max: shape.pipelines }).chain((count) => {
    const targets = ids.slice(0, count);
    return fc
      .record({
        pipelines: fc.tuple(...targets.map((_, i) => pipelineFor(i, shape, count))),
        events: fc
          .integer({ min: 1, max: shape.events })
          .chain((many) => fc.tuple(...Array.from({ length: many }, (_, i) => eventFor(i, targets)))),
        outcomes: fc.array(outcome(targets), { maxLength: 3 }),
        x: rarely(fc.constantFrom("1", "2"), 1),
      })
      .map(({ pipelines, events, outcomes, x }) => ({
        pipelines,
        scenario: {
          events,
          outcomes,
          outputs:
            x === undefined
              ? []
              : targets.flatMap((id) =>
                  ["S", "T"].map((stage) => ({ job: { run: { pipeline: id }, path: [stage, "a"] }, values: { x } })),
                ),
          choices: [],
          defaultBranch: "main",
          unknownConditions: "hold",
        },
      }));
  });
}

export function describe({ pipelines, scenario }: Case): string {
  const plain = pipelines.map(({ starts, ...more }) => ({
    ...more,
    starts: starts.map((start) => (start.kind === "push" ? "push" : start)),
  }));
  return `${JSON.stringify(plain, undefined, 1)}\n${JSON.stringify(scenario)}`;
}
