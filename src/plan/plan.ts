import type { Delivery, EventName } from "../model/delivery.ts";

/**
 * What the planner is told. Everything it may depend on is in here: it asks nobody.
 */
export interface PlanRequest {
  change: Change;
  /** Environments to go through, in promotion order. */
  environments: string[];
  /** Start only these pipelines (what they need is reused, or run if it never was deployed). Empty: all. */
  pipelines: string[];
  parameters: Record<string, string>;
  /** The run is forced: a pipeline counts as affected even when nothing it owns changed. */
  force: "none" | "named-pipelines" | "all";
  history: History;
  /**
   * What runs of the planned commit, and of those that are deployed, made once for their releases, newest first. Absent: every
   * run makes its own, as where runs know nothing of each other.
   */
  made?: MadeRelease[];
  /** Digests of artifacts in `made` and `history` that are not kept any more. */
  lost?: string[];
  /** On promotion and rollback: what the release that is moved holds, by pipeline. Its per-release jobs are reused from here. */
  release?: Record<string, Deployed>;
  /** How long jobs took lately, keyed `pipeline.job@environment` or `pipeline.job`, without the matrix. For the critical path. */
  expectedMs?: Record<string, number>;
}

export interface Change {
  event: EventName;
  commit: string;
  /** Of a pull request: the branch it wants to go to. */
  branch: string;
  /** Of a pull request: the commit it forked from. Its checks are chosen by the diff to this one, not to what is deployed. */
  base?: string;
  /**
   * Paths that differ between a commit (the key) and the planned commit, relative to the repository root, `/`-separated.
   * A base commit that is missing here is unknown to git: everything counts as changed.
   */
  changedSince: Record<string, string[]>;
  /** Uncommitted changes are part of this plan (local rehearsal): their paths. */
  uncommitted: string[];
}

/** What is deployed where, by environment and pipeline: the last good deployment of each. */
export interface History {
  deployed: Record<string, Record<string, Deployed>>;
  /** The newest release that began to deploy each pipeline, whether it passed or not. Absent: nobody looked. */
  begun?: Record<string, Record<string, number>>;
}

/** The last version of a pipeline that was deployed to an environment, with what it handed over. */
export interface Deployed {
  /** Of the run that brought it: what came later has a higher one. */
  release: number;
  /** The release whose version it is, where that run was a promotion or a rollback. Absent: its own. */
  origin?: number;
  /** `PlannedPipeline.commit` of the plan that deployed it. */
  commit: string;
  outputs: Record<string, string>;
  artifacts: Record<string, ArtifactRef>;
}

/** The release whose version something deployed is, as people know it. */
export function originOf({ release, origin }: Pick<Deployed, "release" | "origin">): number {
  return origin ?? release;
}

/** What the per-release jobs of one run have made, by `pipeline.job`; what it took over from an earlier release as well. */
export interface MadeRelease {
  release: number;
  /** `Plan.change.commit` of the run. */
  commit: string;
  /** The definition that the run had, and `Plan.parameters` of it; absent where nobody knows. */
  delivery?: Delivery;
  parameters?: Record<string, string>;
  jobs: Record<string, Made>;
}

/** The result of a job that ended well, all its legs together. */
export interface Made {
  /** In which it ran. */
  release: number;
  outputs: Record<string, string>;
  artifacts: Record<string, ArtifactRef>;
  /** `PlannedJob.inputs` of then; absent in runs that did not write them down. */
  inputs?: Record<string, string>;
}

/** `digest` is `sha256:` and 64 hex digits over the canonical listing of the files. */
export interface ArtifactRef {
  digest: string;
  sizeBytes: number;
}

/**
 * Job instance id: `pipeline.job` (per release), `pipeline.job@environment`, with `[key=value,…]` appended for a matrix leg.
 * Stable, unique in a plan, fit for a file name after encoding.
 */
export type JobId = string;

/**
 * A point where many edges meet, so that a plan stays small: the end or the start of a pipeline in an environment, the
 * end of an environment, or the end of a job with several legs. `web@dev:end`, `web@dev:start`, `web:end`, `@dev:end`,
 * `web.test@dev:end`, `web.test@dev:legs`: never the id of a job. A join takes no time and nothing runs in it.
 */
export type JoinId = string;

/** Every job instance of the delivery for this request: those that run and those that do not, each with the reason. */
export interface Plan {
  version: 1;
  delivery: string;
  change: Pick<Change, "event" | "commit" | "branch">;
  environments: string[];
  parameters: Record<string, string>;
  /** In an order in which they could run one after the other. */
  jobs: PlannedJob[];
  /** In the same sense in order: a join names only jobs that run and joins before it. */
  joins: Join[];
  /** One for each pipeline and environment of the request, environment by environment. */
  pipelines: PlannedPipeline[];
  /** Ids of one longest chain by expected duration, when durations are known. */
  criticalPath: JobId[];
  /** Of a rollback: what its jobs that undo work with, by the release that they undo. Absent: it undoes nothing first. */
  undone?: Record<string, Undone>;
}

/** A release that a rollback undoes: all that is needed for that is its own, and not that of the release which comes back. */
export interface Undone {
  delivery: Delivery;
  commit: string;
  branch: string;
  parameters: Record<string, string>;
  /** What the environment had with it, by pipeline, by value. */
  set: Record<string, Deployed>;
}

/**
 * It has ended when everything in `after` has ended, and ended well when everything in `requires` has ended well.
 * `requires` is a subset of `after`. Something that never has to wait or gate is not listed.
 */
export interface Join {
  id: JoinId;
  after: (JobId | JoinId)[];
  requires: (JobId | JoinId)[];
}

export interface PlannedPipeline {
  pipeline: string;
  environment: string;
  decision: "run" | "reuse" | "skip";
  reason: Reason;
  /**
   * What to record as `Deployed.commit` when it was deployed: the planned commit, with `+uncommitted` appended when
   * uncommitted files of this pipeline took part, so that no later plan takes it for the commit alone.
   */
  commit: string;
  /**
   * What was deployed here before, where there is something. For `reuse` it is handed to consumers in target of a run. For
   * `run` it only stands in for jobs that this plan leaves out (by their conditions, or because a pull request deploys
   * nothing), and what the run records as deployed is this, overlaid by what its jobs published.
   *
   * So a job in an environment that reads `infra.bucket` takes it from here when infra does not run in that environment
   * (even if infra's per-release jobs run for the sake of another), else from the publishing job when that runs, else from
   * that job's `reused`, else from here. A per-release job takes it from the publishing per-release job, or its `reused`.
   */
  reused?: Deployed;
}

export interface PlannedJob {
  id: JobId;
  pipeline: string;
  job: string;
  /** Absent for a per-release job. */
  environment?: string;
  /** One leg of the matrix. */
  matrix?: Record<string, string>;
  decision: "run" | "reuse" | "skip";
  reason: Reason;
  /** For a per-release job that is reused: where its outputs and artifacts come from. */
  reused?: Deployed;
  /** Of a per-release job: what it reads of that which may differ between two runs of one commit. Absent: nothing. */
  inputs?: Record<string, string>;
  /**
   * It undoes this release's part of the pipeline, by `Plan.undone`, and brings it back `to` what was there before. Its
   * definition is that release's; `matrix` names the release, so that its id is its own.
   */
  undoes?: { release: number; to: { release: number; commit: string } };
  /**
   * What must have ended before this one starts: jobs that run, and joins. Transitively closed over what does not run.
   * Empty for a job that does not run.
   */
  after: (JobId | JoinId)[];
  /**
   * The ones among `after` that must have ended well (a gate). They hold whatever `runsAfter` says: `failure` and
   * `always` concern the job's own needs only, which then are in `after` and not in here. So a job with
   * `runsAfter: "failure"` runs when everything in `requires` ended well and something else in `after` did not; when
   * nothing else went wrong it is skipped, which gates nothing (it is in nobody's `requires`).
   */
  requires: (JobId | JoinId)[];
}

/** Why a job or pipeline runs or does not. `text` is one sentence without a final stop; `code` is stable. */
export interface Reason {
  code:
    | "paths-changed"
    | "never-deployed"
    | "upstream-runs"
    | "upstream-deployed"
    | "not-published"
    | "scheduled"
    | "base-unknown"
    | "forced"
    | "needed-by"
    | "new-release"
    | "other-definition"
    | "other-parameter"
    | "unchanged"
    | "built-once"
    | "not-kept"
    | "not-proven"
    | "promoted"
    | "half-deployed"
    | "taken-back"
    | "not-in-release"
    | "condition-false"
    | "not-selected"
    | "branch-filter"
    | "event-filter"
    | "upstream-skipped";
  text: string;
  /** The paths, job ids, release or pipeline the sentence is about. */
  because: string[];
}
