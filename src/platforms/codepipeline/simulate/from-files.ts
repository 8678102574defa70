/** The pipelines of a repository as they are simulated: what the files say, by the names that facts have for it. */

import { allNames } from "../../../facts/name-set.ts";
import { identity, literal, type Written } from "../../../facts/written.ts";
import { type ActionPlace, actionFacts } from "../facts/actions.ts";
import { stageLabel } from "../facts/codepipeline-facts.ts";
import { nameSet } from "../facts/name-sets.ts";
import { sourceOf, startsOf } from "../facts/starts.ts";
import type { Action, CodePipeline, OnFailure, PipelineFiles, Stage, StageCondition } from "../pipeline.ts";
import type {
  ConditionRule,
  SimulatedAction,
  StageCondition as SimulatedCondition,
  OnFailure as SimulatedFailure,
  SimulatedPipeline,
  SimulatedStage,
  SimulatedStart,
} from "./simulated-pipeline.ts";

export function simulatedPipelines(files: PipelineFiles): SimulatedPipeline[] {
  return files.pipelines.map((pipeline) => ({
    id: pipeline.id,
    name: pipeline.label,
    executionMode: modeOf(pipeline),
    starts: [...pushStarts(pipeline, files), ...requestStarts(pipeline), ...ruleStarts(pipeline, files)],
    stages: pipeline.stages.map((stage, index) => {
      const place = { pipeline, files, stage: index, stageLabel: stageLabel(stage, index) };
      return {
        name: place.stageLabel,
        actions: stage.actions.map((action, position) => simulatedAction(action, { ...place, position })),
        ...conditionsOf(stage),
      };
    }),
    variables: Object.fromEntries(
      pipeline.variables.flatMap(({ name, default: preset }) => {
        const [key, value] = [literal(name), literal(preset)];
        return key === undefined || value === undefined ? [] : [[key, value]];
      }),
    ),
    partial: pipeline.partial,
  }));
}

/** Where only a deployment knows the mode, it is taken for the default. */
function modeOf({ mode }: CodePipeline): SimulatedPipeline["executionMode"] {
  const written = literal(mode);
  return written === "QUEUED" || written === "PARALLEL" ? written : "SUPERSEDED";
}

function pushStarts(pipeline: CodePipeline, files: PipelineFiles): SimulatedStart[] {
  return startsOf(pipeline, files).flatMap(({ cause, event }): SimulatedStart[] => {
    if (cause.kind !== "push" || !cause.source) return [];
    const { branches, tags, paths, source } = cause;
    if (source.missing) return [{ kind: "deaf", source: literal(source.missing.named) ?? "" }];
    const repository = identity(source.repository.key);
    const isPolled = event === "polling";
    return [{ kind: "push", repository, branches, tags, paths, branch: source.branch?.key, isPolled }];
  });
}

const activityTypes: Readonly<Record<string, string>> = { OPEN: "opened", UPDATED: "synchronize", CLOSED: "closed" };

function requestStarts({ triggers, stages }: CodePipeline): SimulatedStart[] {
  const sources = stages.flatMap(({ actions }) => actions).filter(isSource);
  return triggers.flatMap(({ pullRequests, sourceAction }) => {
    const source = sources.find(({ name }) => !sourceAction || literal(name) === literal(sourceAction));
    const repository = source && sourceOf(source)?.repository;
    return pullRequests.map(({ branches, paths, events }): SimulatedStart => {
      const asked = events.map((event) => activityTypes[literal(event) ?? ""]);
      return {
        kind: "pull-request",
        repository: repository && identity(repository.key),
        branches: branches ? nameSet(branches) : allNames,
        paths: paths ? nameSet(paths) : allNames,
        actions: asked.length > 0 ? asked.filter((type) => type !== undefined) : Object.values(activityTypes),
      };
    });
  });
}

function ruleStarts({ aliases, scope }: CodePipeline, files: PipelineFiles): SimulatedStart[] {
  const rules = scope.rules.filter(({ targets }) => targets.some((target) => aliases.includes(target)));
  return rules.flatMap(({ origin }): SimulatedStart[] => {
    if (origin.kind === "schedule") return [{ kind: "schedule" }];
    if (origin.kind !== "state") return [];
    const { level, pipelines, stages, actions, states } = origin;
    return [
      {
        kind: "state",
        level,
        pipelines: pipelines?.flatMap((named) => idsOf(named, files)),
        stages: texts(stages),
        actions: texts(actions),
        states: texts(states),
      },
    ];
  });
}

function texts(list: readonly Written[] | undefined): readonly string[] | undefined {
  return list?.flatMap((each) => literal(each) ?? []);
}

/** Ids of the pipelines that a text means. */
function idsOf(named: Written, { pipelines }: PipelineFiles): string[] {
  const name = identity(named.key);
  if (name === undefined) return [];
  return pipelines.filter(({ aliases }) => aliases.includes(name)).map(({ id }) => id);
}

function isSource({ category }: Action): boolean {
  return literal(category) === "Source";
}

function simulatedAction(action: Action, place: ActionPlace): SimulatedAction {
  const { facts, startedPipelines } = actionFacts(action, place);
  const branch = action.configuration.find(({ name }) => name === "BranchName" || name === "Branch");
  const inputs = facts.inputs.flatMap((input) => literal(input) ?? []);
  // One that the files do not tell may be any.
  const named = inputs.length < facts.inputs.length ? [] : facts.namedArtifacts.flatMap((each) => literal(each) ?? []);
  return {
    name: facts.label,
    runOrder: facts.runOrder ?? 1,
    source: isSource(action) ? { branch: branch?.value.key } : undefined,
    inputs,
    namedOnly: named.filter((name) => !inputs.includes(name)),
    outputs: facts.outputs.map(literal),
    namespace: literal(facts.namespace),
    phases: facts.phases.map(({ afterFailure, texts }) => ({
      afterFailure,
      failureIgnored: texts.some(({ goesOn }) => goesOn),
    })),
    startsPipelines: startedPipelines.flatMap((named) => idsOf(named, place.files)),
  };
}

function conditionsOf({ beforeEntry, onSuccess, onFailure }: Stage): Partial<SimulatedStage> {
  return {
    ...(beforeEntry && { beforeEntry: conditionOf(beforeEntry) }),
    ...(onSuccess && { onSuccess: conditionOf(onSuccess) }),
    ...(onFailure && { onFailure: failureOf(onFailure) }),
  };
}

function conditionOf({ result, rules }: StageCondition): SimulatedCondition {
  const written = literal(result);
  return {
    result: written === "SKIP" || written === "ROLLBACK" ? written : "FAIL",
    rules: rules.map(({ name, provider, configuration }, index): ConditionRule => {
      const setting = (wanted: string) => literal(configuration.find((each) => each.name === wanted)?.value);
      const kind = literal(provider) ?? "unknown";
      const [variable, value, operator] = ["Variable", "Value", "Operator"].map(setting);
      const isTold = variable !== undefined && value !== undefined && isOperator(operator);
      return {
        name: literal(name) ?? `rule ${index + 1}`,
        provider: kind,
        check: kind === "VariableCheck" && isTold ? { variable, value, operator } : undefined,
      };
    }),
  };
}

type Operator = NonNullable<ConditionRule["check"]>["operator"];

function isOperator(text: string | undefined): text is Operator {
  return text === "EQ" || text === "NE" || text === "CONTAINS" || text === "MATCHES";
}

function failureOf({ result, retryMode, condition }: OnFailure): SimulatedFailure {
  const written = literal(result ?? condition?.result);
  return {
    result: written === "ROLLBACK" || written === "RETRY" ? written : "FAIL",
    retry: literal(retryMode) === "ALL_ACTIONS" ? "ALL_ACTIONS" : "FAILED_ACTIONS",
    ...(condition && { condition: conditionOf(condition) }),
  };
}
