/** What starts a pipeline: its sources with their triggers, event rules, and other pipelines. */

import type { Cause, SourceIdentity, Start } from "../../../facts/facts.ts";
import { allNames, noNames } from "../../../facts/name-set.ts";
import { identity, literal, type Written } from "../../../facts/written.ts";
import type { Place } from "../../../findings/source.ts";
import type { Action, CodePipeline, EventRule, PipelineFiles, PushFilter, StateOrigin, Trigger } from "../pipeline.ts";
import { listensToSuccess } from "../read/event-pattern.ts";
import { joined } from "../read/values.ts";
import { nameSet } from "./name-sets.ts";

export function startsOf(pipeline: CodePipeline, files: Pick<PipelineFiles, "pipelines">): Start[] {
  const sources = pipeline.stages
    .flatMap(({ actions }) => actions)
    .filter((action) => literal(action.category) === "Source");
  const rules = pipeline.scope.rules.filter(({ targets }) => targets.some((each) => pipeline.aliases.includes(each)));
  const begins: Begin[] = [
    ...sources.flatMap((action) => sourceStarts(action, { pipeline, rules })),
    ...pipeline.triggers.filter((trigger) => isDead(trigger, sources)).map((trigger) => deadStart(trigger, sources)),
    ...rules.flatMap((rule) => ruleStarts(rule, files)),
  ];
  return begins.map(({ cause, at, by }) => ({
    id: `${pipeline.id}@${cause.kind}`,
    pipeline: pipeline.id,
    cause,
    event: by,
    at,
  }));
}

interface Begin<C = Cause> {
  readonly cause: C;
  readonly at: Place;
  /** What brings it about. */
  readonly by: string;
}

interface Around {
  readonly pipeline: CodePipeline;
  readonly rules: readonly EventRule[];
}

function setting(action: Action, name: string): Written | undefined {
  return action.configuration.find((each) => each.name === name)?.value;
}

function sourceStarts(action: Action, { pipeline, rules }: Around): Begin[] {
  const source = sourceOf(action);
  if (!source) return [];
  const plain = pushFrom(source, action);
  switch (literal(action.provider)) {
    case "CodeStarSourceConnection": {
      const filterable = withSource(plain, { filterable: true });
      const triggers = pipeline.triggers.filter((trigger) => names(trigger, action));
      if (triggers.length > 0) return triggers.flatMap((trigger) => triggerStarts(trigger, filterable));
      return literal(setting(action, "DetectChanges")) === "false" ? [] : [filterable];
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

type PushCause = Extract<Cause, { kind: "push" }>;
type PushSource = NonNullable<PushCause["source"]>;

function pushFrom(source: SourceIdentity, action: Action): Begin<PushCause> {
  const branch = setting(action, "BranchName") ?? setting(action, "Branch");
  return {
    at: action.name?.at ?? action.at,
    by: "its source",
    cause: {
      kind: "push",
      branches: onlyBranch(branch),
      tags: noNames,
      paths: allNames,
      source: { ...source, branch, filterable: false, missing: undefined },
    },
  };
}

function withSource(push: Begin<PushCause>, change: Partial<PushSource>): Begin<PushCause> {
  return { ...push, cause: { ...push.cause, source: { ...push.cause.source!, ...change } } };
}

function triggerStarts(trigger: Trigger, plain: Begin<PushCause>): Begin[] {
  const pushes = trigger.push.map((filter) => filtered(filter, plain));
  const requests = trigger.pullRequests.map(({ at, branches, paths }): Begin => {
    const filters = { branches: branches ? nameSet(branches) : allNames, paths: paths ? nameSet(paths) : allNames };
    return { cause: { kind: "pull-request", trusted: "head", types: [], ...filters }, at, by: "a trigger" };
  });
  // A trigger without a filter starts on every push to the branch of the source.
  return pushes.length + requests.length === 0
    ? [{ ...plain, at: trigger.at, by: "a trigger" }]
    : [...pushes, ...requests];
}

function filtered(filter: PushFilter, plain: Begin<PushCause>): Begin<PushCause> {
  const { branches, tags, paths, at } = filter;
  const { cause } = branches ? withSource(plain, { branch: undefined }) : plain;
  return {
    at,
    by: "a trigger",
    cause: {
      ...cause,
      branches: branches ? nameSet(branches) : tags ? noNames : allNames,
      tags: tags ? nameSet(tags) : noNames,
      paths: paths ? nameSet(paths) : allNames,
    },
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

function deadStart({ at, sourceAction }: Trigger, sources: readonly Action[]): Begin {
  const known = sources.flatMap(({ name }) => literal(name) ?? []);
  const missing = { named: sourceAction!, known };
  const source = { kind: "git", repository: { key: [], at }, branch: undefined, filterable: true, missing } as const;
  const nothing = { branches: noNames, tags: noNames, paths: noNames };
  return { at: sourceAction!.at, by: "a trigger", cause: { kind: "push", ...nothing, source } };
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

function stateStarts(origin: StateOrigin, at: Place, files: Pick<PipelineFiles, "pipelines">): Begin[] {
  const by = "an EventBridge rule";
  const { pipelines, level } = origin;
  const states = origin.states?.map(literal);
  const isTold = states === undefined || (states.length > 0 && states.every((state) => state !== undefined));
  // What becomes of a stage or an action is less than the end of a run.
  if (level !== "pipeline" || !isTold) return [{ cause: { kind: "other", name: by, types: [] }, at, by }];
  if (!pipelines) return [{ cause: { ...completionOf([], states ?? "any", files), ofAny: true }, at, by }];
  if (!listensToSuccess(origin)) return [{ cause: completionOf(pipelines, states ?? "any", files), at, by }];
  return pipelines.map((pipeline) => ({ cause: completionOf([pipeline], states ?? "any", files), at, by }));
}

/** What becomes of the pipelines that these names mean. */
export function completionOf(
  named: readonly Written[],
  states: readonly string[] | "any",
  { pipelines }: Pick<PipelineFiles, "pipelines">,
): Extract<Cause, { kind: "completion" }> {
  const names = named.map((written) => ({ name: { value: identity(written.key) ?? "", at: written.at }, written }));
  const found = names.map(({ name }) => ({ name, meant: pipelines.filter((pipeline) => means(name.value, pipeline)) }));
  return {
    kind: "completion",
    names: names.map(({ name }) => name),
    upstream: found.flatMap(({ name, meant }) => meant.map(({ id }) => ({ pipeline: id, name }))),
    dangling: found.filter(({ meant }) => meant.length === 0).map(({ name }) => name),
    branches: allNames,
    types: [],
    states,
  };
}

/** By its name, or by where it stands in its file. */
function means(name: string, { name: own, label, id, aliases }: CodePipeline): boolean {
  if (name === "") return false;
  if ((own && identity(own.key) === name) || label === name || aliases.includes(name)) return true;
  return name.endsWith(`${id.slice(id.indexOf("#"))}›`);
}

/** What its sources fetch. */
export function sourcesOf({ stages }: CodePipeline): SourceIdentity[] {
  return stages
    .flatMap(({ actions }) => actions)
    .filter((action) => literal(action.category) === "Source")
    .flatMap((action) => sourceOf(action) ?? []);
}

function ruleStarts({ at, origin }: EventRule, files: Pick<PipelineFiles, "pipelines">): Begin[] {
  const by = "an EventBridge rule";
  switch (origin.kind) {
    case "push":
      return [];
    case "state":
      return stateStarts(origin, at, files);
    case "schedule":
      return [{ cause: { kind: "schedule" }, at, by }];
    case "other":
      return [{ cause: { kind: "other", name: by, types: [] }, at, by }];
    default:
      return origin satisfies never;
  }
}
