import type { Delivery } from "../model/delivery.ts";
import type { ArtifactRef, History, JobId, Plan } from "../plan/plan.ts";

/**
 * What happened, in the past tense, append-only. The journal of a state folder is one sequence of these over all its runs;
 * the state is a fold of them. Times are milliseconds since the epoch and are for people: no decision compares two of them
 * except due times that an event itself carries.
 */
export type EngineEvent =
  | RunCreated
  | JobStarted
  | JobSucceeded
  | JobFailed
  | JobSkipped
  | JobCancelled
  | JobInterrupted
  | RetryRequested
  | CancelRequested
  | LockAcquired
  | LockReleased
  | ApprovalRequested
  | ApprovalAnswered
  | RunFinished;

/** Stored beside the event. `seq` counts from 1 without gaps; `version` is the version of the event's shape. */
export interface Recorded {
  seq: number;
  at: number;
  version: 1;
  event: EngineEvent;
}

/** Run ids are short, sortable and unique in a state folder; a release number belongs to exactly one run. */
export type RunId = string;

export interface RunCreated {
  type: "run.created";
  run: RunId;
  release: number;
  delivery: Delivery;
  plan: Plan;
  /** What was deployed when the plan was made: the source of reused outputs and artifacts. */
  history: History;
  /** At most this many jobs of the run at a time, at least 1. */
  parallel: number;
  /** Set on a rollback: the release whose outputs and artifacts are deployed again. */
  rollbackTo?: number;
}

/** Written durably before the process exists. `attempt` counts from 1. `token` is unique; it fences older attempts. */
export interface JobStarted {
  type: "job.started";
  run: RunId;
  job: JobId;
  attempt: number;
  token: string;
}

export interface JobSucceeded {
  type: "job.succeeded";
  run: RunId;
  job: JobId;
  attempt: number;
  token: string;
  durationMs: number;
  outputs: Record<string, string>;
  artifacts: Record<string, ArtifactRef>;
}

export interface JobFailed {
  type: "job.failed";
  run: RunId;
  job: JobId;
  attempt: number;
  token: string;
  durationMs: number;
  failure: Failure;
  /** The next attempt may start at this time. Absent: there is none, the job has failed. */
  retryAt?: number;
}

/** Why an attempt did not succeed. `message` is for people, one sentence, no secrets. `step` counts from 0. */
export interface Failure {
  kind: "exit" | "signal" | "timeout" | "output" | "artifact" | "spawn" | "tool" | "lost";
  message: string;
  step?: number;
  exitCode?: number;
}

export interface JobSkipped {
  type: "job.skipped";
  run: RunId;
  job: JobId;
  /** The instance or lock that made it so, and one sentence. */
  because: string;
  text: string;
}

export interface JobCancelled {
  type: "job.cancelled";
  run: RunId;
  job: JobId;
  attempt: number;
  token: string;
  durationMs: number;
}

/** Baton died while this attempt ran. Its processes are gone by the time this is written. It does not use up a retry. */
export interface JobInterrupted {
  type: "job.interrupted";
  run: RunId;
  job: JobId;
  attempt: number;
  token: string;
}

/** A person asked to run the failed and skipped jobs again; what succeeded stays. */
export interface RetryRequested {
  type: "run.retry-requested";
  run: RunId;
  /** Jobs that go back to waiting. */
  jobs: JobId[];
}

/** `graceful`: start nothing new, let running jobs end. `now`: end the running ones too. */
export interface CancelRequested {
  type: "run.cancel-requested";
  run: RunId;
  mode: "graceful" | "now";
  by: string;
}

/** One deployment per environment at a time, first come first served. */
export interface LockAcquired {
  type: "lock.acquired";
  run: RunId;
  environment: string;
}

export interface LockReleased {
  type: "lock.released";
  run: RunId;
  environment: string;
}

export interface ApprovalRequested {
  type: "approval.requested";
  run: RunId;
  environment: string;
  reviewers: string[];
  /** Unanswered by then: rejected. */
  expiresAt: number;
}

export interface ApprovalAnswered {
  type: "approval.answered";
  run: RunId;
  environment: string;
  answer: "approved" | "rejected" | "expired";
  by: string;
  comment?: string;
}

export interface RunFinished {
  type: "run.finished";
  run: RunId;
  conclusion: "succeeded" | "failed" | "cancelled";
  /** What this run deployed, by environment and pipeline; only environments that were reached as a whole. */
  deployed: History["deployed"];
}
