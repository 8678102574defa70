/**
 * Pipelines of any platform side by side: which of them one push starts, what each changes and what each reads. Made of
 * stages or of jobs, they meet in the same repository and the same account.
 */

import type { ResourceAccess } from "../../facts/access.ts";
import type { NameSet } from "../../facts/name-set.ts";
import {
  type ActionFacts,
  identity,
  literal,
  readable,
  type StagedPipeline,
  type StagedStart,
} from "../../facts/staged.ts";
import type { Place } from "../../findings/source.ts";
import type { Choice } from "../../simulation/scenario.ts";
import type { Analysis } from "./analysis.ts";
import { branchRef, openBranch, type Push, type PushRef, pushTo, wordsFor } from "./staged-claims.ts";
import { fileName } from "./wording.ts";

export type PushStart = Extract<StagedStart, { kind: "push" }>;

export interface PipelineView {
  readonly id: string;
  readonly label: string;
  readonly at: Place;
  readonly pushes: readonly ViewPush[];
  /** Names of the pipelines after which it starts. */
  readonly after: readonly string[];
  readonly name: string | undefined;
  readonly uses: readonly ResourceUse[];
  /** Names of values that other stacks hand over, with the actions that take and make them. */
  readonly imports: ReadonlyMap<string, ActionFacts>;
  readonly exports: ReadonlyMap<string, ActionFacts>;
  readonly platform: "stages" | "jobs";
  /** The same definition may stand in several files. */
  readonly shape: string;
}

export interface ViewPush {
  readonly repository: string | undefined;
  readonly branches: NameSet;
  readonly tags: NameSet;
  readonly paths: NameSet;
  /** Identity of the one branch, where no filter names branches. */
  readonly branch: string | undefined;
  readonly at: Place;
  readonly by: string;
}

export interface ResourceUse {
  readonly access: ResourceAccess;
  /** Where in the pipeline, for people. */
  readonly where: string;
  readonly account: string | undefined;
  readonly region: string | undefined;
  readonly action: ActionFacts | undefined;
  /** The job or action, as simulators know it. */
  readonly job: { readonly pipeline: string; readonly path: readonly string[] };
}

const known = new WeakMap<Analysis, readonly PipelineView[]>();

export function pipelineViews(analysis: Analysis): readonly PipelineView[] {
  let views = known.get(analysis);
  if (!views) {
    const staged = (analysis.facts.staged?.pipelines ?? []).map(viewOfStages);
    // Workflows matter here only beside pipelines of the other kind.
    views = staged.length > 0 ? [...staged, ...viewsOfJobs(analysis)] : [];
    known.set(analysis, views);
  }
  return views;
}

function viewOfStages(pipeline: StagedPipeline): PipelineView {
  const { actions } = pipeline;
  const imports = actions.flatMap((action) => action.imports.map((name) => [name, action] as const));
  const exports = actions.flatMap((action) => action.exports.map((name) => [name, action] as const));
  return {
    id: pipeline.id,
    label: pipeline.label,
    at: pipeline.nameAt,
    name: literal(pipeline.name) ?? pipeline.label,
    pushes: pipeline.starts.filter((start) => start.kind === "push").map(pushOf),
    after: pipeline.starts.flatMap((start) => (start.kind === "after" ? (identity(start.pipeline.key) ?? []) : [])),
    uses: pipeline.actions.flatMap((action) => action.accesses.flatMap((access) => useOf(action, access))),
    // The first action that takes a value is the one that misses it.
    imports: new Map(imports.toReversed()),
    exports: new Map(exports),
    platform: "stages",
    shape: pipeline.actions.map((action) => `${action.stageLabel}/${action.label}`).join(" "),
  };
}

function useOf(action: ActionFacts, access: ActionFacts["accesses"][number]): ResourceUse[] {
  if (access.kind !== "resource") return [];
  const { details } = access;
  const account = identity([...action.account, ...(details.get("account") ?? [])]);
  const region = identity(details.get("region") ?? action.region);
  return [{ access, where: whereOf(action), account, region, action, job: jobOf(action) }];
}

export function whereOf({ label, stageLabel }: ActionFacts): string {
  return `"${label}" in stage "${stageLabel}"`;
}

export function jobOf({ pipeline, stageLabel, label }: ActionFacts): ResourceUse["job"] {
  return { pipeline, path: [stageLabel, label] };
}

function pushOf(start: PushStart): ViewPush {
  const { source, branches, tags, paths, branch, at, by } = start;
  const repository = start.missingSource ? undefined : identity(source.repository.key);
  return { repository, branches, tags, paths, branch: branch && identity(branch.key), at, by };
}

function viewsOfJobs(analysis: Analysis): PipelineView[] {
  return analysis.facts.pipelines.map((pipeline): PipelineView => {
    const pushes = pipeline.starts.flatMap((start): ViewPush[] => {
      if (start.cause.kind !== "push") return [];
      const { branches, tags, paths } = start.cause;
      return [
        {
          repository: analysis.facts.repository ?? "",
          branches,
          tags,
          paths,
          branch: undefined,
          at: start.at,
          by: "push",
        },
      ];
    });
    const running = pushes.length === 0 ? [] : pipeline.jobs.filter((job) => runsOnPush(analysis, pipeline, job));
    // A workflow that starts or watches the other side orders itself by commands.
    const orders = running.some((job) => job.steps.some((step) => /aws codepipeline /.test(step.text)));
    const uses = running.flatMap((job) =>
      job.steps.flatMap((step) =>
        step.accesses.flatMap((access): ResourceUse[] => {
          if (access.kind !== "resource") return [];
          const resolved = { ...access, key: step.resolve(access.key) };
          const where = `job "${job.label}"`;
          const { path } = job;
          const place = { pipeline: pipeline.id, path };
          return [{ access: resolved, where, account: "", region: "", action: undefined, job: place }];
        }),
      ),
    );
    return {
      id: pipeline.id,
      label: fileName(pipeline.id),
      at: pipeline.at,
      name: undefined,
      pushes: orders ? [] : pushes,
      after: [],
      uses: orders ? [] : uses,
      imports: new Map(),
      exports: new Map(),
      platform: "jobs",
      shape: pipeline.id,
    };
  });
}

function runsOnPush(
  analysis: Analysis,
  pipeline: Parameters<Analysis["chains"]>[0],
  job: (typeof pipeline)["jobs"][number],
) {
  return analysis.chainsRunning(pipeline, job).some((chain) => chain.root.kind === "push" && !chain.upstream);
}

export interface CoStart {
  readonly a: ViewPush;
  readonly b: ViewPush;
  /** `push to main`. */
  readonly words: string;
  readonly push: Push;
  readonly choices: readonly Choice[];
  /** Both have path filters, and no path is known that lets both start. */
  readonly apart: boolean;
}

/** One push that starts both, the first that is told. */
export function coStart(a: PipelineView, b: PipelineView): CoStart | undefined {
  for (const start of coStarts(a, b)) return start;
  return undefined;
}

/** One push that starts both and lets both do their part. */
export function coStartOf(analysis: Analysis, [a, first]: ViewedJob, [b, second]: ViewedJob): CoStart | undefined {
  for (const start of coStarts(a, b)) {
    if (runsOn(analysis, first, start.push) && runsOn(analysis, second, start.push)) return start;
  }
  return undefined;
}

/** A view with the job or action of it that matters. */
export type ViewedJob = readonly [PipelineView, ResourceUse["job"]];

function* coStarts(a: PipelineView, b: PipelineView): Generator<CoStart> {
  for (const x of a.pushes) {
    for (const y of b.pushes) {
      if (!sameRepository(x.repository, y.repository)) continue;
      for (const ref of commonRefs(x, y)) {
        // Workflows are of the repository that is looked at, whatever its name is here.
        const { repository } = a.platform === "stages" ? x : y;
        const push: Push = { ...pushTo(ref), ...(repository ? { repository } : {}) };
        const words = wordsFor(ref, repository);
        yield { a: x, b: y, words, apart: pathsApart(x.paths, y.paths), push, choices: ref.choices };
      }
    }
  }
}

/** What a condition says of a job on this push; actions have none. */
function runsOn(analysis: Analysis, { pipeline: id, path }: ResourceUse["job"], { ref }: Push): boolean {
  const pipeline = analysis.facts.pipeline(id);
  const job = pipeline?.jobs.find((each) => each.path.join("/") === path.join("/"));
  if (!pipeline || !job) return true;
  return analysis
    .chainsRunning(pipeline, job)
    .some(
      ({ root, upstream }) =>
        !upstream && root.kind === "push" && root.ref.kind === ref.kind && root.ref.name === ref.name,
    );
}

/** An empty name is this repository where no clone tells its name. */
function sameRepository(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  if (a === "" || b === "") return !/^(codecommit|s3|ecr):/.test(a + b);
  return a.toLowerCase() === b.toLowerCase();
}

function* commonRefs(x: ViewPush, y: ViewPush): Generator<PushRef> {
  if (x.branch !== undefined && x.branch === y.branch) {
    const ref = x.branch.includes("‹") ? openBranch(x.branch) : branchRef(x.branch);
    if (ref) yield ref;
    return;
  }
  const open = (push: ViewPush) => push.branches.kind !== "all" || push.branch === undefined;
  if (open(x) && open(y)) {
    for (const branch of shared(x.branches, y.branches)) yield branchRef(branch);
    if (x.branches.kind === "all" && y.branches.kind === "all") yield { ...branchRef("main"), words: "a push" };
  }
  for (const name of shared(x.tags, y.tags)) yield { kind: "tag", name, choices: [], words: `tag ${name}` };
}

function shared(x: NameSet, y: NameSet): string[] {
  const names = new Set([...x.samples, ...y.samples]);
  return [...names].filter((name) => x.accepts(name) && y.accepts(name));
}

function pathsApart(x: NameSet, y: NameSet): boolean {
  if (x.kind !== "patterns" || y.kind !== "patterns" || x.inverted || y.inverted) return false;
  return ![...x.samples, ...y.samples].some((path) => x.accepts(path) && y.accepts(path));
}

/** Whether both are one pipeline, read from two files. */
export function samePipeline(a: PipelineView, b: PipelineView): boolean {
  if (a === b) return true;
  if (a.platform !== "stages" || b.platform !== "stages") return false;
  const [file, other] = [a.id.slice(0, a.id.indexOf("#")), b.id.slice(0, b.id.indexOf("#"))];
  return file !== other && (a.name === b.name || a.shape === b.shape);
}

/** Whether one starts only after the other has succeeded, directly. */
export function startsAfter(later: PipelineView, earlier: PipelineView): boolean {
  return (
    earlier.name !== undefined &&
    later.after.some((name) => name === earlier.name || name.endsWith(`#${earlier.name}›`))
  );
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
