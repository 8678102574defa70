import type { Delivery } from "../model/delivery.ts";
import type { ArtifactRef, Deployed, History, JobId, Plan } from "../plan/plan.ts";

/**
 * What happened, in the past tense, append-only. The journal of a state folder is one sequence of these over all its runs;
 * the state is a fold of them. Times are milliseconds since the epoch and are for people: no decision compares two of them
 * except due times that an event itself carries.
 */
export type EngineEvent =
  | RunCreated
  | RunAdopted
  | RunSuspended
  | JobStarted
  | JobSucceeded
  | JobVerified
  | JobFailed
  | JobRetryDue
  | JobSkipped
  | JobCancelled
  | JobInterrupted
  | RetryRequested
  | CancelRequested
  | LockAcquired
  | LockReleased
  | ApprovalRequested
  | ApprovalReminded
  | ApprovalGiven
  | ApprovalAnswered
  | RunFinished
  | EnvironmentFrozen
  | EnvironmentThawed
  | RollbackDeclined
  | DriftLooked
  | HistoryBegins;

/** Stored beside the event. `seq` counts from 1 without gaps; `version` is that of the event's shape, see upcast.ts. */
export interface Recorded {
  seq: number;
  at: number;
  version: number;
  event: EngineEvent;
}

/** Run ids are short, sortable and unique in a state folder; a release number belongs to exactly one run. */
export type RunId = string;

export interface RunCreated {
  type: "run.created";
  run: RunId;
  release: number;
  delivery: Delivery;
  /** Carries what is reused from earlier releases, by value: nothing is looked up in the present later on. */
  plan: Plan;
  /** At most this many jobs of the run at a time, at least 1. */
  parallel: number;
  /** Set on a promotion and a rollback (`Plan.change.event`): the release that is moved, whose outputs and artifacts are deployed. */
  moves?: number;
  /** Of a rollback: the run that failed there and that it takes back. It stands before all others who wait. */
  undoes?: RunId;
  /** The environment says itself that what fails is taken back: nobody is asked for approval. */
  unasked?: true;
  /** Set where it goes on into frozen environments all the same: why. */
  override?: string;
  /** Who asked for it, and what was said. Absent where nobody wrote it down. */
  by?: string;
  comment?: string;
  /** The session (see `Lease`) that starts its jobs. Absent in journals of Baton 0.1: nobody's. */
  owner?: SessionId;
}

/** One process that writes to the journal, for as long as it lives. */
export type SessionId = string;

/**
 * From now on another session starts the jobs of this run. What its last owner left running is gone and recorded as
 * interrupted. Jobs of a run that was suspended stand in line anew, for everything.
 */
export interface RunAdopted {
  type: "run.adopted";
  run: RunId;
  owner: SessionId;
  by: string;
  /** Attempts that other machines go on with, by their tokens. */
  goesOn?: readonly string[];
  /** Set where it goes on into frozen environments, and outside of change windows, from now on: why. */
  override?: string;
}

/**
 * Nobody goes on with this run, and somebody else needs what it holds: it gives back its locks, with nothing deployed, its
 * slots and its places in every line. It is nobody's until somebody adopts it.
 */
export interface RunSuspended {
  type: "run.suspended";
  run: RunId;
  by: string;
  /** One sentence without a final stop. */
  because: string;
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

/** A job that verifies passed, and goes on to look: it passes for good when none is `left`. */
export interface JobVerified {
  type: "job.verified";
  run: RunId;
  job: JobId;
  attempt: number;
  token: string;
  durationMs: number;
  /** How many more times it looks, at least 1: counted, so that no clock makes it more or less. */
  left: number;
  /** When it may look again. */
  againAt: number;
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

/** Why an attempt did not succeed. `message` is for people, one sentence, no secrets. `step` is `LaunchStep.number`. */
export interface Failure {
  kind: "exit" | "signal" | "timeout" | "output" | "artifact" | "spawn" | "tool" | "lost";
  message: string;
  step?: number;
  exitCode?: number;
}

/** The wait before its next attempt, or before it looks again, is over: it stands in line again, before those that were never started. */
export interface JobRetryDue {
  type: "job.retry-due";
  run: RunId;
  job: JobId;
  /** The attempt that failed, or verified. */
  attempt: number;
}

/** Will not run (again until somebody retries the run). Only for a job that has no attempt yet in this round. */
export interface JobSkipped extends SkipReason {
  type: "job.skipped";
  run: RunId;
  job: JobId;
}

/** Why a job is left out, or stopped. */
export interface SkipReason {
  code: SkipCode;
  /** What made it so: an instance id, an environment, or who cancelled. */
  because: string;
  /** One sentence without a final stop. */
  text: string;
}

/**
 * - `gate`: something it requires did not succeed, or what comes before its environment did not pass.
 * - `not-needed`: it runs only after a failure, and there was none. Counts as passed.
 * - `fail-fast`: another leg of its matrix failed.
 * - `superseded`: a newer release was deployed there in the meantime.
 * - `not-approved`: the approval of its environment was rejected or expired.
 * - `cancelled`: somebody cancelled the run before it started.
 */
export type SkipCode = "gate" | "not-needed" | "fail-fast" | "superseded" | "not-approved" | "cancelled";

/** An attempt was stopped, or a job that waited for its next attempt is given up. `token` is that of its last attempt. */
export interface JobCancelled {
  type: "job.cancelled";
  run: RunId;
  job: JobId;
  attempt: number;
  token: string;
  durationMs: number;
  /** Absent in events of version 1. */
  cause?: SkipReason;
}

/** Baton died while this attempt ran. Its processes are gone by the time this is written; those of an agent that was lost may not be. It does not use up a retry. */
export interface JobInterrupted {
  type: "job.interrupted";
  run: RunId;
  job: JobId;
  attempt: number;
  token: string;
  /** The agent that ran it was lost, and not Baton: how that was noticed, one sentence. */
  because?: string;
}

/** A person asked to run the failed, cancelled and skipped jobs of a finished run again; what succeeded stays. */
export interface RetryRequested {
  type: "run.retry-requested";
  run: RunId;
  /** Jobs that go back to waiting. */
  jobs: JobId[];
}

/**
 * `graceful`: start nothing new, let running jobs end. `now`: end the running ones too (SIGTERM, SIGKILL after the grace
 * time); asked a second time, `now` kills them at once. May be recorded several times; a milder one than before changes nothing.
 */
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
  /** Who stands before it in line and is outside of the change windows just now. */
  past?: RunId[];
}

/** Every job of the run in that environment has ended. */
export interface LockReleased {
  type: "lock.released";
  run: RunId;
  environment: string;
  /** What the run deployed there, by pipeline: only pipelines that passed as a whole. */
  deployed: Record<string, Deployed>;
}

export interface ApprovalRequested {
  type: "approval.requested";
  run: RunId;
  environment: string;
  reviewers: string[];
  /** Unanswered by then: rejected. */
  expiresAt: number;
  /** How many different people must approve. Absent: one. */
  count?: number;
  /** Who asked for the run, where that person may not approve it. */
  notBy?: string;
  /** When people are told again. Absent: never. */
  remindAt?: number;
}

/** Nobody has answered for a while: whoever reads the journal to tell people tells them again. */
export interface ApprovalReminded {
  type: "approval.reminded";
  run: RunId;
  environment: string;
  /** When they are told once more. Absent: the answer is due before. */
  remindAt?: number;
}

/** One of several who must approve did; the answer is `approval.answered`, by the last of them. */
export interface ApprovalGiven {
  type: "approval.given";
  run: RunId;
  environment: string;
  by: string;
  /** They had signed in. Absent: they are whoever their system said, or nobody wrote it down. */
  verified?: true;
  comment?: string;
}

export interface ApprovalAnswered {
  type: "approval.answered";
  run: RunId;
  environment: string;
  answer: "approved" | "rejected" | "expired";
  by: string;
  /** They had signed in. Absent: they are whoever their system said, or nobody wrote it down. */
  verified?: true;
  comment?: string;
}

export interface RunFinished {
  type: "run.finished";
  run: RunId;
  /**
   * `failed`: something failed that may not, or an approval was rejected or expired. `cancelled`: something was left undone
   * because somebody cancelled the run, or because a newer release had come first.
   */
  conclusion: "succeeded" | "failed" | "cancelled";
  /**
   * What this run deployed, by environment and pipeline: a pipeline counts when all its jobs that ran for that environment
   * passed. Reused pipelines are absent: they keep the record of the release that deployed them.
   */
  deployed: History["deployed"];
  /**
   * From its beginning to its end by a clock that is never set. Absent when it did not begin and end in one process without
   * a retry: then only the difference of two times of day is left.
   */
  durationMs?: number;
}

/**
 * No run begins to deploy there until that time, but those that were asked for with an override: whoever has the lock by then
 * goes on to its end. A later one takes its place.
 */
export interface EnvironmentFrozen {
  type: "environment.frozen";
  /** Empty: it belongs to no run. */
  run: "";
  environment: string;
  /** By the clock on the wall. */
  until: number;
  by: string;
  /** One sentence, for everybody who is held up by it. */
  reason: string;
}

/** Before its time, by a person. */
export interface EnvironmentThawed {
  type: "environment.thawed";
  run: "";
  environment: string;
  by: string;
  comment?: string;
}

/** What failed there is not taken back by itself: that is not possible, or not safe. Others may deploy there again. */
export interface RollbackDeclined {
  type: "rollback.declined";
  run: "";
  environment: string;
  /** The run that failed. */
  failed: RunId;
  /** One sentence without a final stop. */
  because: string;
}

/** Somebody looked whether an environment is still as a job left it. */
export interface DriftLooked {
  type: "drift.looked";
  run: "";
  environment: string;
  /** The job that deployed, and the release that it left there. */
  deployedBy: JobId;
  release: number;
  /** `unknown`: its command could not tell. */
  found: "same" | "differs" | "unknown";
  /** What was found the last time. */
  before?: DriftLooked["found"];
  /** Of what the command printed the beginning, or why it could not tell. Masked. */
  said: string[];
  by: string;
}

/**
 * The fold begins anew here: events before this one were damaged and lost, and this is what is still known of them. No
 * run is open any more.
 */
export interface HistoryBegins {
  type: "history.begins";
  /** Empty: it belongs to no run. */
  run: "";
  /** Greater than every release that was ever given to a run. */
  nextRelease: number;
  deployed: History["deployed"];
  /** The newest release that began to deploy a pipeline, by environment and pipeline. */
  newest: Record<string, Record<string, number>>;
  /** What was frozen, by environment. Absent in events of version 1. */
  freezes?: Record<string, Freeze>;
  /** One sentence for people: what was lost. */
  text: string;
}

/** Until when nothing begins to be deployed somewhere, since when, and who said so and why. */
export type Freeze = Pick<EnvironmentFrozen, "until" | "by" | "reason"> & { at: number };
