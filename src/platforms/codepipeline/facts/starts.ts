/** What starts a pipeline: its sources with their triggers, event rules, and other pipelines. */

import { allNames, noNames } from "../../../facts/name-set.ts";
import { identity, literal, type SourceIdentity, type StagedStart, type Written } from "../../../facts/staged.ts";
import type { Place } from "../../../findings/source.ts";
import type { Action, CodePipeline, EventRule, PushFilter, StateOrigin, Trigger } from "../pipeline.ts";
import { listensToSuccess } from "../read/event-pattern.ts";
import { joined } from "../read/values.ts";
import { nameSet } from "./name-sets.ts";

export function startsOf(pipeline: CodePipeline): StagedStart[] {
  const sources = pipeline.stages
    .flatMap(({ actions }) => actions)
    .filter((action) => literal(action.category) === "Source");
  const rules = pipeline.scope.rules.filter(({ targets }) => targets.some((each) => pipeline.aliases.includes(each)));
  return [
    ...sources.flatMap((action) => sourceStarts(action, { pipeline, rules })),
    ...pipeline.triggers.filter((trigger) => isDead(trigger, sources)).map((trigger) => deadStart(trigger, sources)),
    ...rules.flatMap(ruleStarts),
  ];
}

interface Around {
  readonly pipeline: CodePipeline;
  readonly rules: readonly EventRule[];
}

function setting(action: Action, name: string): Written | undefined {
  return action.configuration.find((each) => each.name === name)?.value;
}

function sourceStarts(action: Action, { pipeline, rules }: Around): StagedStart[] {
  const source = sourceOf(action);
  if (!source) return [];
  const branch = setting(action, "BranchName") ?? setting(action, "Branch");
  const plain = { ...pushFrom(source, action), branch, branches: onlyBranch(branch) };
  switch (literal(action.provider)) {
    case "CodeStarSourceConnection": {
      const triggers = pipeline.triggers.filter((trigger) => names(trigger, action));
      if (triggers.length > 0)
        return triggers.flatMap((trigger) => triggerStarts(trigger, { ...plain, filterable: true }));
      return literal(setting(action, "DetectChanges")) === "false" ? [] : [{ ...plain, filterable: true }];
    }
    case "GitHub":
      return [plain];
    default: {
      const polls = literal(setting(action, "PollForSourceChanges")) !== "false";
      const rule = rules.find(({ origin }) => origin.kind === "push");
      if (rule) return [{ ...plain, at: rule.at, by: "an EventBridge rule" }];
      // Outside of templates the rule is never beside the pipeline.
      if (pipeline.scope.rules.length === 0 && !polls) return [{ ...plain, by: "an EventBridge rule" }];
      return polls ? [{ ...plain, by: "polling" }] : [];
    }
  }
}

type Push = Extract<StagedStart, { kind: "push" }>;

function pushFrom(source: SourceIdentity, action: Action): Push {
  return {
    kind: "push",
    at: action.name?.at ?? action.at,
    source,
    branches: allNames,
    tags: noNames,
    paths: allNames,
    branch: undefined,
    filterable: false,
    missingSource: undefined,
    knownSources: [],
    by: "its source",
  };
}

function triggerStarts(trigger: Trigger, plain: Push): StagedStart[] {
  const pushes = trigger.push.map((filter) => filtered(filter, plain));
  const requests = trigger.pullRequests.map(({ at }): StagedStart => ({ kind: "pull-request", at, by: "a trigger" }));
  // A trigger without a filter starts on every push to the branch of the source.
  return pushes.length + requests.length === 0
    ? [{ ...plain, at: trigger.at, by: "a trigger" }]
    : [...pushes, ...requests];
}

function filtered(filter: PushFilter, plain: Push): Push {
  const { branches, tags, paths, at } = filter;
  return {
    ...plain,
    at,
    by: "a trigger",
    branches: branches ? nameSet(branches) : tags ? noNames : allNames,
    tags: tags ? nameSet(tags) : noNames,
    paths: paths ? nameSet(paths) : allNames,
    branch: branches ? undefined : plain.branch,
  };
}

function names({ sourceAction }: Trigger, { name }: Action): boolean {
  const [a, b] = [sourceAction, name].map((each) => each && identity(each.key));
  return a === undefined || b === undefined || a === b;
}

/** Every name is known, and no source has the one that the trigger listens to. */
function isDead({ sourceAction }: Trigger, sources: readonly Action[]): boolean {
  const wanted = literal(sourceAction);
  const known = sources.map(({ name }) => literal(name));
  return wanted !== undefined && known.every((name) => name !== undefined && name !== wanted);
}

function deadStart({ at, sourceAction }: Trigger, sources: readonly Action[]): StagedStart {
  const unknown: Written = { key: [], at };
  return {
    kind: "push",
    at: sourceAction!.at,
    source: { kind: "git", repository: unknown },
    branches: noNames,
    tags: noNames,
    paths: noNames,
    branch: undefined,
    filterable: true,
    missingSource: sourceAction,
    knownSources: sources.flatMap(({ name }) => literal(name) ?? []),
    by: "a trigger",
  };
}

function onlyBranch(branch: Written | undefined) {
  return branch && literal(branch) !== undefined ? nameSet({ includes: [branch], excludes: [] }) : allNames;
}

export function sourceOf(action: Action): SourceIdentity | undefined {
  const prefixed = (prefix: string, ...names: readonly string[]): Written | undefined => {
    const texts = names.map((name) => setting(action, name));
    if (texts.some((text) => !text)) return undefined;
    const key = joined(
      texts.flatMap((text, i) => [{ kind: "text", text: i === 0 ? prefix : "/" } as const, ...text!.key]),
    );
    return { key, at: texts[0]!.at };
  };
  const git = (repository: Written | undefined): SourceIdentity | undefined =>
    repository && { kind: "git", repository };
  switch (literal(action.provider)) {
    case "CodeStarSourceConnection":
      return git(prefixed("", "FullRepositoryId"));
    case "GitHub":
      return git(prefixed("", "Owner", "Repo"));
    case "CodeCommit":
      return git(prefixed("codecommit:", "RepositoryName"));
    case "S3": {
      const repository = prefixed("s3:", "S3Bucket", "S3ObjectKey");
      return repository && { kind: "bucket", repository };
    }
    case "ECR": {
      const repository = prefixed("ecr:", "RepositoryName");
      return repository && { kind: "image", repository };
    }
    default:
      return undefined;
  }
}

function stateStarts(origin: StateOrigin, at: Place): StagedStart[] {
  const by = "an EventBridge rule";
  const { pipelines, level } = origin;
  const states = origin.states?.map(literal);
  const isTold = states === undefined || (states.length > 0 && states.every((state) => state !== undefined));
  // What becomes of a stage or an action is less than the end of a run.
  if (level !== "pipeline" || !isTold) return [{ kind: "other", event: "other", at, by }];
  if (!pipelines || !listensToSuccess(origin)) return [{ kind: "state", at, pipelines, states, by }];
  const besides = (states ?? []).filter((state) => state !== "SUCCEEDED");
  return pipelines.map((pipeline) => ({ kind: "after", at, pipeline, besides, by }));
}

/** What its sources fetch. */
export function sourcesOf({ stages }: CodePipeline): SourceIdentity[] {
  return stages
    .flatMap(({ actions }) => actions)
    .filter((action) => literal(action.category) === "Source")
    .flatMap((action) => sourceOf(action) ?? []);
}

function ruleStarts({ at, origin }: EventRule): StagedStart[] {
  switch (origin.kind) {
    case "push":
      return [];
    case "state":
      return stateStarts(origin, at);
    case "schedule":
    case "other":
      return [{ kind: "other", event: origin.kind, at, by: "an EventBridge rule" }];
    default:
      return origin satisfies never;
  }
}
