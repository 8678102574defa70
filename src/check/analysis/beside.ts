/**
 * Pipelines of any platform side by side: which of them one push starts, what each changes and what each reads. Made of
 * stages or of jobs, they meet in the same repository and the same account.
 */

import type { ResourceAccess } from "../../facts/access.ts";
import type { JobFacts, Pipeline } from "../../facts/facts.ts";
import { isAction, isStaged, type StagedPipeline, stagedPipelines } from "../../facts/stages.ts";
import { identity, readable } from "../../facts/written.ts";
import type { Analysis } from "./analysis.ts";
import { onceFor } from "./once-for.ts";
import type { TriggerChain } from "./trigger-chains.ts";

/** Pipelines made of stages, and the workflows beside them: without any of the former workflows are a matter of their own. */
export const pipelinesBesideStages: (analysis: Analysis) => readonly Pipeline[] = onceFor(({ facts }) => {
  const staged = stagedPipelines(facts);
  return staged.length === 0 ? [] : [...staged, ...facts.pipelines.filter((pipeline) => !isStaged(pipeline))];
});

/** Pairs of which one at least is made of stages, and that are not one definition in two files. */
export function* pairsBesideStages(analysis: Analysis): Generator<readonly [Pipeline, Pipeline]> {
  const all = pipelinesBesideStages(analysis);
  for (const [i, a] of all.entries()) {
    if (!isStaged(a)) return;
    for (const b of all.slice(i + 1)) if (!isOneDefinition(a, b)) yield [a, b];
  }
}

export interface ResourceUse {
  /** Its key as it is in the job. */
  readonly access: ResourceAccess;
  readonly job: JobFacts;
  readonly account: string | undefined;
  readonly region: string | undefined;
}

/** What the pipeline does on a push, or whenever it runs where it is made of stages. */
export function usesOf(analysis: Analysis, pipeline: Pipeline): readonly ResourceUse[] {
  let uses = usesIn(analysis).get(pipeline);
  if (!uses) {
    uses = isStaged(pipeline) ? usesOfActions(pipeline) : usesOfJobs(analysis, pipeline);
    usesIn(analysis).set(pipeline, uses);
  }
  return uses;
}

const usesIn = onceFor((_: Analysis) => new Map<Pipeline, readonly ResourceUse[]>());

function usesOfActions({ actions }: StagedPipeline): ResourceUse[] {
  return actions.flatMap((job) =>
    job.accesses.flatMap((access) => {
      if (access.kind !== "resource") return [];
      const account = identity([...job.account, ...(access.details.get("account") ?? [])]);
      return [{ access, job, account, region: identity(access.details.get("region") ?? job.region) }];
    }),
  );
}

function usesOfJobs(analysis: Analysis, pipeline: Pipeline): ResourceUse[] {
  if (ordersItself(analysis, pipeline)) return [];
  return jobsOnPush(analysis, pipeline).flatMap((job) =>
    job.steps.flatMap((step) =>
      step.accesses.flatMap((access) =>
        access.kind === "resource"
          ? [{ access: { ...access, key: step.resolve(access.key) }, job, account: "", region: "" }]
          : [],
      ),
    ),
  );
}

function jobsOnPush(analysis: Analysis, pipeline: Pipeline): JobFacts[] {
  return pipeline.jobs.filter((job) => analysis.chainsRunning(pipeline, job).some(isDirectPush));
}

function isDirectPush({ root, upstream }: TriggerChain): boolean {
  return root.kind === "push" && !upstream;
}

/** A workflow that starts or watches the other side orders itself by commands. */
function ordersItself(analysis: Analysis, pipeline: Pipeline): boolean {
  if (isStaged(pipeline)) return false;
  return jobsOnPush(analysis, pipeline).some(({ steps }) => steps.some(({ text }) => /aws codepipeline /.test(text)));
}

/** One push that starts two pipelines. */
export interface OnePush {
  readonly a: TriggerChain;
  readonly b: TriggerChain;
  /** `push to main`. */
  readonly words: string;
  /** Both have path filters, and no path is known that lets both start. */
  readonly apart: boolean;
}

/** One push that starts both, the first that is told, and under which these jobs run. */
export function onePush(
  analysis: Analysis,
  [a, b]: readonly [Pipeline, Pipeline],
  jobs: readonly JobFacts[] = [],
): OnePush | undefined {
  if (ordersItself(analysis, a) || ordersItself(analysis, b)) return undefined;
  for (const pair of analysis.together(a, b)) {
    if (!isDirectPush(pair.a) || !isDirectPush(pair.b)) continue;
    const runs = (job: JobFacts) => {
      const chain = job.pipeline === a.id ? pair.a : pair.b;
      return isAction(job) || job.runs(chain.circumstances) !== "no";
    };
    if (!jobs.every(runs)) continue;
    const { described: words } = isStaged(a) ? pair.a : pair.b;
    return { ...pair, words, apart: pathsApart(pair.a, pair.b) };
  }
  return undefined;
}

/**
 * Chains of both that one event starts; of one pipeline each chain with itself. Beside stages it is one push, of which a
 * path may be for both.
 */
export function startedTogether(
  analysis: Analysis,
  [a, b]: readonly [Pipeline, Pipeline],
  jobs: readonly JobFacts[] = [],
): readonly { readonly a: TriggerChain; readonly b: TriggerChain }[] {
  if (a === b) return analysis.chains(a).map((chain) => ({ a: chain, b: chain }));
  if (!isStaged(a) && !isStaged(b)) return analysis.together(a, b);
  const push = isOneDefinition(a, b) ? undefined : onePush(analysis, [a, b], jobs);
  return push && !push.apart ? [push] : [];
}

/** Both have path filters, and no path is known that lets both start. */
export function pathsApart(a: TriggerChain, b: TriggerChain): boolean {
  const [x, y] = [a, b].map(({ start: { cause } }) => (cause.kind === "push" ? cause.paths : undefined));
  if (x?.kind !== "patterns" || y?.kind !== "patterns" || x.inverted || y.inverted) return false;
  return ![...x.samples, ...y.samples].some((path) => x.accepts(path) && y.accepts(path));
}

/** Whether one starts only after the other has succeeded, directly. */
export function follows(later: Pipeline, earlier: Pipeline): boolean {
  return later.starts.some(
    ({ cause }) =>
      cause.kind === "completion" &&
      Array.isArray(cause.states) &&
      cause.states.includes("SUCCEEDED") &&
      cause.upstream.some(({ pipeline }) => pipeline === earlier.id),
  );
}

/** The same definition may stand in several files. */
export function isOneDefinition(a: Pipeline, b: Pipeline): boolean {
  if (a === b) return true;
  if (!isStaged(a) || !isStaged(b) || a.source.path === b.source.path) return false;
  return a.name === b.name || shapeOf(a) === shapeOf(b);
}

function shapeOf({ actions }: StagedPipeline): string {
  return actions.map(({ path }) => path.join("/")).join(" ");
}

/** Where in its pipeline, for people. */
export function whereOf(job: JobFacts): string {
  return isAction(job) ? `"${job.label}" in stage "${job.stageLabel}"` : `job "${job.label}"`;
}

/** What a use touches, equal where it is certainly the same thing. Undefined where that is not certain. */
export function targetOf({ access, account, region }: ResourceUse): string | undefined {
  const key = identity(access.key);
  if (!key || account === undefined || region === undefined) return undefined;
  return `${access.resource} ${key} ${account} ${region}`;
}

/** The bucket of a bucket path. */
export function bucketOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.indexOf("/")) : path;
}

export function changes({ access }: ResourceUse): boolean {
  return access.mode !== "read" && (access.effect === "deploy" || access.effect === "destroy");
}

export function nameOfTarget({ access }: ResourceUse): string {
  const what = access.resource === "terraform-state" ? "Terraform state" : access.resource;
  return `${what} "${readable(access.key)}"`;
}
