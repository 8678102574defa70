/** CodePipelines as facts. */

import type { LiteralSecret, Lock, Start } from "../../../facts/facts.ts";
import type {
  ActionFacts,
  RuleFacts,
  StagedPipeline,
  StageFacts,
  StoreFacts,
  StoreGap,
  WideRight,
} from "../../../facts/stages.ts";
import { identity, literal, type Written } from "../../../facts/written.ts";
import type { Bucket, CodePipeline, PipelineFiles, Stage } from "../pipeline.ts";
import { actionFacts, type ReadAction } from "./actions.ts";
import { environmentKindOf } from "./environments.ts";
import { misspeltInRule } from "./misspelt.ts";
import { plainJob, withNeeds } from "./stage-jobs.ts";
import { completionOf, sourcesOf, startsOf } from "./starts.ts";

export interface CodePipelineFacts {
  readonly pipelines: readonly StagedPipeline[];
  readonly secrets: readonly LiteralSecret[];
}

export function codepipelineFacts(files: PipelineFiles): CodePipelineFacts {
  const read = files.pipelines.map((pipeline) => readPipeline(pipeline, files));
  const started = read.flatMap(({ pipeline, actions }) =>
    actions.flatMap(({ facts, startedPipelines }) =>
      startedPipelines.map((target) => ({ target, by: pipeline, at: facts.keyAt })),
    ),
  );
  const pipelines = read.map(({ pipeline, facts }): StagedPipeline => {
    const invoked = started
      .filter(({ target }) => pipeline.aliases.includes(identity(target.key) ?? ""))
      .map(({ by, at }): Start => {
        const cause = completionOf([nameOf(by)], ["SUCCEEDED"], files);
        return { id: `${pipeline.id}@after`, pipeline: pipeline.id, cause, event: "another pipeline", at };
      });
    return { ...facts, starts: [...facts.starts, ...invoked] };
  });
  return { pipelines, secrets: files.secrets };
}

function nameOf({ name, label, nameAt }: CodePipeline): Written {
  return name ?? { key: [{ kind: "text", text: label } as const], at: nameAt };
}

function readPipeline(pipeline: CodePipeline, files: PipelineFiles) {
  const actions: ReadAction[] = [];
  const read = pipeline.stages.map((stage, index) => {
    const label = stageLabel(stage, index);
    const place = { pipeline, files, stage: index, stageLabel: label };
    const own = stage.actions.map((action, position) => actionFacts(action, { ...place, position }));
    actions.push(...own);
    return { stage, index, label, own: own.map(({ facts }) => facts) };
  });
  const waiting = withNeeds(withEnvironmentKinds(read, pipeline));
  const stages = read.map(({ stage, index, label }, i): StageFacts => {
    const at = { pipeline, path: [label], at: stage.at, keyAt: stage.name?.at ?? stage.at };
    const before = index === 0 ? [] : [`${pipeline.id}/${index - 1}`];
    const job = plainJob({ ...at, id: `${pipeline.id}/${index}`, kind: "call", needs: before });
    const locks = stageLocks(pipeline, index);
    return { ...job, locks, index, actions: waiting[i]!, rules: rulesOf(stage) };
  });
  const own = stages.flatMap((stage) => stage.actions);
  const facts: StagedPipeline = {
    id: pipeline.id,
    name: literal(pipeline.name) ?? pipeline.label,
    label: pipeline.label,
    source: pipeline.source,
    at: pipeline.at,
    nameAt: pipeline.nameAt,
    callable: false,
    locks: [],
    mode: modeOf(pipeline),
    modeAt: pipeline.mode?.at,
    jobs: stages.flatMap((stage) => [stage, ...stage.actions]),
    stages,
    actions: own,
    starts: startsOf(pipeline, files),
    sources: sourcesOf(pipeline),
    stores: storesOf(pipeline),
    wideRights: wideRightsOf(pipeline),
    partial: pipeline.partial,
  };
  return { pipeline, facts, actions };
}

/** A stage holds one run at a time, but in mode PARALLEL. Whether it does at all is open where the mode is. */
function stageLocks(pipeline: CodePipeline, index: number): Lock[] {
  const mode = modeOf(pipeline);
  if (mode === "parallel") return [];
  const name = { kind: "text", text: `${pipeline.id}/${index}` } as const;
  const group = mode === "unknown" ? [name, { kind: "unknown", text: "mode" } as const] : [name];
  return [
    {
      group,
      at: pipeline.mode?.at ?? pipeline.nameAt,
      scope: "job",
      groupUnder: () => group,
      cancels: () => "no",
      queue: mode === "superseded" ? 1 : mostRunsAtOnce,
      reads: [],
      file: pipeline.source.path,
    },
  ];
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

interface ReadStage {
  readonly label: string;
  readonly own: readonly ActionFacts[];
}

/** Where a stage does not say its environment, the approval before it does, or the pipeline. */
function withEnvironmentKinds(stages: readonly ReadStage[], { label }: CodePipeline): ActionFacts[][] {
  let kind = environmentKindOf(label);
  return stages.map((stage) =>
    stage.own.map((action) => {
      if (action.kind === "approval") kind = environmentKindOf(action.label) ?? environmentKindOf(stage.label) ?? kind;
      return { ...action, environmentKind: action.environmentKind ?? kind };
    }),
  );
}

/** Of one pipeline; more are refused. */
const mostRunsAtOnce = 50;

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
