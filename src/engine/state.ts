import type { Delivery, Job, Pipeline } from "../model/delivery.ts";
import type { ArtifactRef, Deployed, History, JobId, Plan, PlannedJob, PlannedPipeline } from "../plan/plan.ts";
import type { Failure, Freeze, RunFinished, RunId, SessionId, SkipReason } from "./events.ts";
import type { PlanOrder } from "./plan-order.ts";
import type { QueueEntry, WaitQueue } from "./wait-queue.ts";

/**
 * What a state folder's journal comes to: all its runs, who holds and waits for what, and what is deployed. A fold of the
 * journal and nothing else: it is changed by `fold` alone, everybody else reads. Times are milliseconds since the epoch.
 */
export interface State {
  /** Of the last event folded in. */
  seq: number;
  nextRelease: number;
  runs: Map<RunId, RunState>;
  environments: Map<string, EnvironmentState>;
  /** Runs that have not finished. */
  open: Set<RunId>;
  /** Concurrency groups that somebody is in or waits for, by resolved name. */
  groups: Map<string, GroupState>;
  /** The last good deployment of each pipeline in each environment: what the planner calls history. */
  deployed: History["deployed"];
  /** `seq` of the last event that said something was deployed. */
  deployedSeq: number;
  /** Attempts that were started and have not ended, by token, in the order they were started. */
  attempts: Map<string, JobState>;
  /** Runs in which something can be decided. */
  attention: Set<RunId>;
  /** Environments whose lock is free while somebody waits for it. */
  grantable: Set<string>;
}

/** The release that a run is about, as people know it: that which it moves, else its own. */
export function releaseMeant({ moves, release }: { moves?: number | undefined; release: number }): number {
  return moves ?? release;
}

export interface RunState {
  readonly id: RunId;
  readonly release: number;
  readonly delivery: Delivery;
  readonly plan: Plan;
  readonly parallel: number;
  /** A promotion or rollback: the release that is moved. */
  readonly moves: number | undefined;
  /** A rollback: the run that it takes back. */
  readonly undoes: RunId | undefined;
  readonly unasked: boolean;
  /** Why it goes on into frozen environments; who took it up may have said so. */
  override: string | undefined;
  /** Who asked for it; undefined where nobody wrote it down. */
  readonly by: string | undefined;
  readonly createdAt: number;
  readonly createdSeq: number;
  status: RunStatus;
  /** The session that starts its jobs; undefined for one that is suspended, has finished or is of Baton 0.1. */
  owner: SessionId | undefined;
  /** While nobody goes on with it and it holds nothing. */
  suspended: { by: string; because: string; at: number } | undefined;
  /** Set while `status` is `finished`. */
  finished: RunFinished | undefined;
  finishedAt: number | undefined;
  /** `seq` of the event that finished it. */
  finishedSeq: number | undefined;
  cancel: { mode: "graceful" | "now"; by: string; at: number; asked: number } | undefined;
  /** The instances that run, in plan order. What is reused or skipped by the plan is in the plan only. */
  readonly jobs: Map<JobId, JobState>;
  /** Environments in which something runs, in promotion order. */
  readonly environments: Map<string, RunEnvironment>;
  /** Jobs with legs, by `pipeline.job` or `pipeline.job@environment`. */
  readonly matrices: Map<string, MatrixState>;
  /** Plan decisions by `pipeline@environment`. */
  readonly pipelines: Map<string, PlannedPipeline>;
  /** The delivery's pipelines by name. */
  readonly definitions: Map<string, Pipeline>;
  /** Where per-release jobs that do not run in this plan take their outputs from, by `pipeline.job`. */
  readonly reused: Map<string, Deployed>;
  /** `jobs` by number. */
  readonly list: JobState[];
  /** Absent once the run has finished: built again when it is retried. */
  order: PlanOrder | undefined;
  /** Jobs that lack nothing but a free slot. */
  readonly ready: WaitQueue<JobState>;
  /** Jobs that will not run (again), with the reason; waiting to be recorded as such. */
  readonly toSkip: Map<JobState, SkipReason>;
  /** Environments that an approval must be asked for now, and whose lock must be given back now. */
  readonly toAsk: Set<string>;
  readonly toRelease: Set<string>;
  /** How many jobs run, wait for their next attempt, have not ended; how many approvals are open; locks held. */
  running: number;
  backingOff: number;
  open: number;
  asking: number;
  locksHeld: number;
}

export type RunStatus = "waiting" | "running" | "awaiting-approval" | "suspended" | "cancelling" | "finished";

export type Conclusion = RunFinished["conclusion"];

/**
 * ```text
 * waiting ──▶ ready ──▶ running ──▶ succeeded | failed | cancelled
 *    │          │  ▲      │ │ ▲
 *    ▼          ▼  └──────┘ ▼ │ (ready)      interrupted: back to ready
 *    skipped ◀──┘       backing-off ──▶ cancelled
 * ```
 * A retry of the run takes failed, skipped and cancelled back to waiting.
 */
export type JobStatus =
  | "waiting"
  | "ready"
  | "running"
  | "backing-off"
  | "succeeded"
  | "failed"
  | "skipped"
  | "cancelled";

/**
 * What a job that is `waiting` or `ready` stands at; the stages from `before` to `slot` are passed in this order. `parked`:
 * its run is suspended, so it stands in no line.
 */
export type Stage = "before" | "approval" | "lock" | "matrix" | "group" | "slot" | "parked" | "given-up" | "none";

export interface JobState {
  readonly id: JobId;
  readonly run: RunId;
  /** Its place among the jobs of the run that run, from 0. */
  readonly number: number;
  readonly planned: PlannedJob;
  readonly pipeline: Pipeline;
  readonly definition: Job;
  status: JobStatus;
  stage: Stage;
  /** The last attempt, 0 before the first. Counts on over retries of the run. */
  attempt: number;
  /** Attempts that count towards the retry limit: since the run was last retried, without the interrupted ones. */
  tries: number;
  /** Of these, in a row, the agents that ran them were lost. */
  losses: number;
  /** Of a job that verifies and has passed: how many more times it looks. */
  looksLeft: number | undefined;
  /** Of the last attempt since the run was last retried. */
  token: string | undefined;
  /** Of the last attempt. */
  startedAt: number | undefined;
  endedAt: number | undefined;
  durationMs: number | undefined;
  outputs: Record<string, string>;
  artifacts: Record<string, ArtifactRef>;
  failure: Failure | undefined;
  /** While backing off. */
  retryAt: number | undefined;
  /** Why it was skipped or stopped. */
  skipped: SkipReason | undefined;
  /** Its entry in the queue of its stage. */
  entry: QueueEntry<JobState> | undefined;
  /** It has a slot of its matrix; the concurrency group it has a slot of. */
  inMatrix: boolean;
  inGroup: string | undefined;
}

/** One environment as one run sees it. */
export interface RunEnvironment {
  readonly name: string;
  /** Its jobs that have not ended. */
  open: number;
  approval: ApprovalState;
  lock: "none" | "waiting" | "held";
  /** `seq` of the event with which it took the lock; when it takes it anew, the earlier one until its jobs are let through. */
  lockedSeq: number | undefined;
  /** Jobs that wait for the lock. */
  readonly atLock: WaitQueue<JobState>;
}

export interface ApprovalState {
  status: "not-needed" | "not-yet" | "requested" | "approved" | "rejected" | "expired";
  /** How many things before the environment have not ended, and the first that did not pass. */
  before: number;
  broken: JobId | undefined;
  readonly waiting: WaitQueue<JobState>;
  reviewers: string[];
  requestedAt: number | undefined;
  expiresAt: number | undefined;
  /** How many different people must approve, and who did so far. */
  count: number;
  given: string[];
  /** Who may not approve: whoever asked for the run, where that is not wanted. */
  notBy: string | undefined;
  /** When people were told last, and are told again. */
  toldAt: number | undefined;
  remindAt: number | undefined;
  answeredAt: number | undefined;
  by: string | undefined;
  comment: string | undefined;
}

/** One environment over all runs. */
export interface EnvironmentState {
  readonly name: string;
  /** The run that holds the lock. */
  holder: RunId | undefined;
  readonly queue: RunId[];
  /** The last that was said; it may be over. */
  freeze: Freeze | undefined;
  /** What failed here and is to be taken back before anybody else deploys. */
  owed: Owed | undefined;
  /** The newest release that began to deploy a pipeline here, whether or not it passed. */
  readonly newest: Map<string, number>;
  /** The run that was the last to change something here, and the event with which it did. */
  changed: Changed | undefined;
}

/** The run that failed somewhere, with the first of its jobs that did, and since when. */
export interface Owed {
  run: RunId;
  job: JobId;
  at: number;
}

export interface GroupState {
  /** Jobs that hold a slot: running, or ready with only their run's own limit before them. */
  readonly inside: Set<JobState>;
  /** How many of them have which limit. */
  readonly limits: Map<number, number>;
  readonly queue: WaitQueue<JobState>;
}

export interface MatrixState {
  /** Absent: no limit. */
  readonly maxParallel: number | undefined;
  readonly failFast: boolean;
  readonly legs: JobState[];
  inside: number;
  readonly queue: WaitQueue<JobState>;
  /** With fail-fast: the leg that failed. */
  failed: JobId | undefined;
}

/** By whom and when, and when one who is not the same did before. */
export interface Changed {
  run: RunId;
  seq: number;
  before?: { run: RunId; seq: number };
}

/** It has succeeded, failed for good, or was skipped or cancelled. */
export function hasEnded({ status }: JobState): boolean {
  return status === "succeeded" || status === "failed" || status === "skipped" || status === "cancelled";
}

export function emptyState(): State {
  return {
    seq: 0,
    nextRelease: 1,
    runs: new Map(),
    environments: new Map(),
    open: new Set(),
    groups: new Map(),
    deployed: {},
    deployedSeq: 0,
    attempts: new Map(),
    attention: new Set(),
    grantable: new Set(),
  };
}
