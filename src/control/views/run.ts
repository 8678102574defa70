import type { Failure, RunId } from "../../engine/events.ts";
import { mayNotApprove } from "../../engine/policies/approval.ts";
import { looksOf } from "../../engine/policies/verify.ts";
import type { Conclusion, JobState, JobStatus, RunState, RunStatus, State } from "../../engine/state.ts";
import { releaseMeant } from "../../engine/state.ts";
import { type AskedOf, askedOf } from "../../engine/waiting.ts";
import type { Deployed, JobId, Plan } from "../../plan/plan.ts";
import { criticalPathOf } from "./critical-path.ts";
import { type Waiting, waitingIn } from "./waits.ts";

/** One run as it is now. Plain data; times in milliseconds since the epoch, durations in milliseconds. */
export interface RunView {
  version: 1;
  run: RunId;
  release: number;
  /** It is a promotion or rollback of an earlier release; `release` is then the run's own number. */
  moves?: MovedRelease;
  delivery: string;
  commit: string;
  /** In promotion order. */
  path: string[];
  status: RunStatus;
  /** `waiting` as long as it has not ended. */
  conclusion: Conclusion | "waiting";
  /** Why it goes on into frozen environments. */
  override?: string;
  /** Who cancelled it. A run may also end as cancelled because a newer release came first. */
  cancelledBy?: string;
  createdAt: number;
  finishedAt?: number;
  /** Until it ended, or until now. */
  durationMs: number;
  /** The chain of jobs that it waited for; empty while one of them runs. */
  criticalPath: { job: JobId; durationMs: number }[];
  /** Those that run by the plan, in plan order. */
  jobs: JobView[];
  /** Environments that wait for a person. */
  approvals: ApprovalView[];
  /** Environments that a person kept it out of, or that nobody let it into in time. */
  refused: string[];
  /** Whatever has not started, and what it waits for. */
  waiting: Waiting[];
  /** What is deployed now in the environments of the run, by environment and pipeline. */
  environments: Record<string, Record<string, Deployed>>;
}

export interface MovedRelease {
  kind: "promotion" | "rollback";
  release: number;
}

export function movedBy({ moves, plan }: { moves: number; plan: Pick<Plan, "change"> }): MovedRelease {
  return { kind: plan.change.event === "rollback" ? "rollback" : "promotion", release: moves };
}

export interface JobView {
  id: JobId;
  status: JobStatus;
  /** How many there were, and how many there may be before it fails for good. */
  attempts: number;
  mostAttempts: number;
  startedAt?: number;
  durationMs?: number;
  /** When it has failed. */
  failure?: Failure;
  /** Why it was skipped or stopped. */
  because?: string;
}

export interface ApprovalView extends AskedOf {
  release: number;
  environment: string;
  reviewers: string[];
  expiresAt?: number;
  /** What the definition says to whoever is asked. */
  message?: string;
  /** What would be deployed. */
  pipelines: string[];
}

export function runView(state: State, run: RunState, now: number): RunView {
  const hasEnded = run.finished !== undefined;
  return {
    version: 1,
    run: run.id,
    release: run.release,
    ...(run.moves !== undefined && { moves: movedBy({ moves: run.moves, plan: run.plan }) }),
    ...(run.override !== undefined && { override: run.override }),
    delivery: run.plan.delivery,
    commit: run.plan.change.commit,
    path: run.plan.environments,
    status: run.status,
    conclusion: run.finished?.conclusion ?? "waiting",
    ...(run.cancel !== undefined && { cancelledBy: run.cancel.by }),
    createdAt: run.createdAt,
    ...(run.finishedAt !== undefined && { finishedAt: run.finishedAt }),
    durationMs: run.finished?.durationMs ?? Math.max(0, (run.finishedAt ?? now) - run.createdAt),
    criticalPath:
      run.running === 0 ? criticalPathOf(run).map(({ id, durationMs }) => ({ job: id, durationMs: durationMs! })) : [],
    jobs: run.list.map(jobView),
    approvals: approvalsIn(run),
    refused: [...run.environments.values()].flatMap(({ name, approval }) =>
      approval.status === "rejected" || approval.status === "expired" ? [name] : [],
    ),
    waiting: hasEnded ? [] : waitingIn(state, run, now),
    environments: Object.fromEntries(
      run.plan.environments.map((environment) => [environment, state.deployed[environment] ?? {}]),
    ),
  };
}

function jobView(job: JobState): JobView {
  return {
    id: job.id,
    status: job.status,
    attempts: job.attempt,
    mostAttempts: mostAttemptsOf(job),
    ...(job.startedAt !== undefined && { startedAt: job.startedAt }),
    ...(job.durationMs !== undefined && { durationMs: job.durationMs }),
    ...(job.status === "failed" && job.failure !== undefined && { failure: job.failure }),
    ...(job.skipped !== undefined && { because: job.skipped.text }),
  };
}

/** A job that verifies may fail anew each time that it looks. */
export function mostAttemptsOf(job: JobState): number {
  return job.definition.retry.attempts * looksOf(job);
}

/** Why this person cannot give this approval; undefined where nothing says so. */
export function whyNotBy({ given = [], notBy }: AskedOf, by: string): "own-run" | "approved-already" | undefined {
  return mayNotApprove({ given, notBy }, by);
}

/** What a run asks people; its end and a cancel have withdrawn the questions, and one about jobs that have all ended is none. */
export function approvalsIn(run: RunState): ApprovalView[] {
  return [...run.environments.values()].flatMap(({ name, approval, open }) => {
    if (approval.status !== "requested" || open === 0) return [];
    const message = run.delivery.environments.find((environment) => environment.name === name)?.approval?.message;
    const planned = run.plan.pipelines.filter((item) => item.environment === name && item.decision === "run");
    return {
      release: releaseMeant(run),
      environment: name,
      reviewers: approval.reviewers,
      ...(approval.expiresAt !== undefined && { expiresAt: approval.expiresAt }),
      ...askedOf(approval),
      ...(message !== undefined && { message }),
      pipelines: planned.map(({ pipeline }) => pipeline),
    };
  });
}

/** Nobody has answered in time: an answer comes too late now. */
export function isTooLate({ expiresAt }: { expiresAt?: number | undefined }, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}

/** It has passed, failed for good, or was skipped or cancelled. */
export function isOver({ status }: Pick<JobView, "status">): boolean {
  return status === "succeeded" || status === "failed" || status === "skipped" || status === "cancelled";
}
