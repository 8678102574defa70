/** CodePipelines as facts. */

import {
  identity,
  literal,
  type RuleFacts,
  type StagedFacts,
  type StagedPipeline,
  type StagedStart,
  type StageFacts,
  type StoreFacts,
  type StoreGap,
  type WideRight,
} from "../../../facts/staged.ts";
import type { Bucket, CodePipeline, PipelineFiles, Stage } from "../pipeline.ts";
import { actionFacts, type ReadAction } from "./actions.ts";
import { misspeltInRule } from "./misspelt.ts";
import { sourcesOf, startsOf } from "./starts.ts";
import { tierOf } from "./tiers.ts";

export function codepipelineFacts(files: PipelineFiles): StagedFacts {
  const read = files.pipelines.map((pipeline) => readPipeline(pipeline, files));
  const started = read.flatMap(({ pipeline, actions }) =>
    actions.flatMap(({ facts, startedPipelines }) =>
      startedPipelines.map((target) => ({ target, by: pipeline, at: facts.nameAt })),
    ),
  );
  const pipelines = read.map(({ pipeline, facts }): StagedPipeline => {
    const invoked = started
      .filter(({ target }) => pipeline.aliases.includes(identity(target.key) ?? ""))
      .map(
        ({ by, at }): StagedStart => ({
          kind: "after",
          at,
          by: "another pipeline",
          pipeline: nameOf(by),
          besides: [],
        }),
      );
    return { ...facts, starts: [...facts.starts, ...invoked] };
  });
  return { pipelines, secrets: files.secrets };
}

function nameOf({ name, label, nameAt }: CodePipeline) {
  return name ?? { key: [{ kind: "text", text: label } as const], at: nameAt };
}

function readPipeline(pipeline: CodePipeline, files: PipelineFiles) {
  const actions: ReadAction[] = [];
  const stages = pipeline.stages.map((stage, index): StageFacts => {
    const label = stageLabel(stage, index);
    const place = { pipeline, files, stage: index, stageLabel: label };
    const own = stage.actions.map((action) => actionFacts(action, place));
    actions.push(...own);
    const nameAt = stage.name?.at ?? stage.at;
    const rules = rulesOf(stage);
    return { index, label, name: stage.name, at: stage.at, nameAt, actions: own.map(({ facts }) => facts), rules };
  });
  const tiered = withTiers(stages, pipeline);
  const mode = modeOf(pipeline);
  const facts: StagedPipeline = {
    id: pipeline.id,
    label: pipeline.label,
    name: pipeline.name,
    source: pipeline.source,
    at: pipeline.at,
    nameAt: pipeline.nameAt,
    mode,
    modeAt: pipeline.mode?.at,
    stages: tiered,
    actions: tiered.flatMap((stage) => stage.actions),
    starts: startsOf(pipeline),
    sources: sourcesOf(pipeline),
    stores: storesOf(pipeline),
    wideRights: wideRightsOf(pipeline),
    partial: pipeline.partial,
  };
  return { pipeline, facts, actions };
}

function rulesOf({ beforeEntry, onSuccess, onFailure }: Stage): RuleFacts[] {
  const rules = [beforeEntry, onSuccess, onFailure?.condition].flatMap((condition) => condition?.rules ?? []);
  return rules.map((rule, index) => ({
    label: literal(rule.name) ?? `rule ${index + 1}`,
    misspelt: misspeltInRule(rule),
  }));
}

/** As people see it. */
export function stageLabel({ name }: Stage, index: number): string {
  return literal(name) ?? `stage ${index + 1}`;
}

/** Where a stage does not say its environment, the approval before it does, or the pipeline. */
function withTiers(stages: readonly StageFacts[], { label }: CodePipeline): StageFacts[] {
  let tier = tierOf(label);
  return stages.map((stage) => {
    const actions = stage.actions.map((action) => {
      if (action.kind === "approval") tier = tierOf(action.label) ?? tierOf(stage.label) ?? tier;
      return { ...action, tier: action.tier ?? tier };
    });
    return { ...stage, actions };
  });
}

function modeOf({ mode }: CodePipeline): StagedPipeline["mode"] {
  if (!mode) return "superseded";
  const written = literal(mode);
  return written === "QUEUED"
    ? "queued"
    : written === "PARALLEL"
      ? "parallel"
      : written === "SUPERSEDED"
        ? "superseded"
        : "unknown";
}

function storesOf({ stores, scope }: CodePipeline): StoreFacts[] {
  return stores.flatMap(({ key }) => {
    const name = identity(key);
    const bucket = scope.buckets.find(({ aliases }) => name !== undefined && aliases.includes(name));
    return bucket ? [{ at: bucket.nameAt, label: bucket.label, gaps: gapsOf(bucket) }] : [];
  });
}

function gapsOf({ publicAt, blocked, blockedAt, encrypted, nameAt }: Bucket): StoreGap[] {
  const gaps: StoreGap[] = [];
  if (publicAt) gaps.push({ what: "public", at: publicAt });
  else if (blocked === "no" || blocked === "silent") gaps.push({ what: "may-be-public", at: blockedAt });
  if (encrypted === "silent") gaps.push({ what: "unencrypted", at: nameAt });
  return gaps;
}

/** Actions that on everything give away the account, or the means to. */
const powerful = /^(\*|[a-z0-9-]+:\*|iam:PassRole|iam:(Create|Put|Attach)\w+|sts:AssumeRole)$/i;

function wideRightsOf({ role, scope }: CodePipeline): WideRight[] {
  const name = role && identity(role.key);
  if (name === undefined) return [];
  const bare = name.replace(/\.Arn(›?)$/, "$1");
  const found = scope.roles.find(({ aliases }) => aliases.includes(name) || aliases.includes(bare));
  return (found?.statements ?? []).flatMap(({ at, actions, onEverything, conditional }) => {
    const wide = actions.filter((action) => powerful.test(action));
    return onEverything && !conditional && wide.length > 0 ? [{ actions: wide, at }] : [];
  });
}
