import type { EventName } from "../model/delivery.ts";

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
}

export interface Change {
  event: EventName;
  commit: string;
  branch: string;
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
}

/** The last version of a pipeline that was deployed to an environment, with what it handed over. */
export interface Deployed {
  release: number;
  commit: string;
  outputs: Record<string, string>;
  artifacts: Record<string, ArtifactRef>;
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

/** Every job instance of the delivery for this request: those that run and those that do not, each with the reason. */
export interface Plan {
  version: 1;
  delivery: string;
  change: Pick<Change, "event" | "commit" | "branch">;
  environments: string[];
  parameters: Record<string, string>;
  jobs: PlannedJob[];
  pipelines: PlannedPipeline[];
  /** Ids of one longest chain by expected duration, when durations are known. */
  criticalPath: JobId[];
}

export interface PlannedPipeline {
  pipeline: string;
  environment: string;
  decision: "run" | "reuse" | "skip";
  reason: Reason;
  /** For `reuse`: handed to consumers in place of a run. */
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
  /** Instances that must have ended before this one starts, transitively closed over skipped ones: only ids that run. */
  after: JobId[];
  /** Instances among `after` whose success this one requires (a gate). */
  requires: JobId[];
}

/** Why a job or pipeline runs or does not. `text` is one sentence without a final stop; `code` is stable. */
export interface Reason {
  code:
    | "paths-changed"
    | "never-deployed"
    | "upstream-runs"
    | "base-unknown"
    | "forced"
    | "needed-by"
    | "new-release"
    | "unchanged"
    | "condition-false"
    | "not-selected"
    | "branch-filter"
    | "event-filter"
    | "upstream-skipped";
  text: string;
  /** The paths, job ids, release or pipeline the sentence is about. */
  because: string[];
}
