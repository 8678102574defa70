import { bug } from "./bug.ts";
import type { SkipReason } from "./events.ts";
import { enterApproval, mustAsk } from "./policies/approval.ts";
import {
  enterGroup,
  forgetEmptyGroup,
  groupName,
  leaveGroup,
  nextInGroup,
  takeGroupSlot,
} from "./policies/concurrency.ts";
import { enterLock, leaveLockQueue } from "./policies/lock.ts";
import { enterMatrix, leaveMatrix, matrixOf } from "./policies/matrix.ts";
import { supersededBy } from "./policies/supersede.ts";
import type { JobState, RunEnvironment, RunState, Stage, State } from "./state.ts";
import type { WaitQueue } from "./wait-queue.ts";

/**
 * The stages that admit a job whose turn has come in the plan: approval, lock, matrix, group, slot. At each stage it goes through,
 * waits in that stage's line, or is given up. A job waits only for what is given back by jobs further along, so the stages of
 * several runs cannot block each other.
 */
export type AdmissionStage = "approval" | "lock" | "matrix" | "group" | "slot";

const next = { approval: "lock", lock: "matrix", matrix: "group", group: "slot", slot: undefined } as const;

export interface Candidate {
  readonly run: RunState;
  readonly job: JobState;
  /** It had its turn before: it stands before those who had not. */
  readonly priority: "returning" | "new";
}

/** Sends the job on its way from `from` on, as far as it comes. */
export function admit(state: State, candidate: Candidate, from: AdmissionStage): void {
  const { run, job } = candidate;
  job.status = "ready";
  for (let stage: AdmissionStage | undefined = from; stage !== undefined; stage = next[stage]) {
    if (run.suspended !== undefined && stage !== "approval") {
      park(state, run, job);
      return;
    }
    const verdict = enter(state, run, job, stage);
    if (verdict === "through") continue;
    if (verdict === "wait") wait(state, candidate, stage);
    else giveUp(state, run, job, verdict);
    return;
  }
}

function wait(state: State, { run, job, priority }: Candidate, stage: AdmissionStage): void {
  job.stage = stage;
  const queue = queueAt(state, run, job, stage);
  job.entry = priority === "returning" ? queue.joinReturning(job) : queue.join(job);
  if (stage !== "approval") return;
  const environment = environmentOfJob(run, job)!;
  if (mustAsk(environment.approval)) run.toAsk.add(environment.name);
}

function enter(state: State, run: RunState, job: JobState, stage: AdmissionStage): "through" | "wait" | SkipReason {
  switch (stage) {
    case "approval":
      return enterApproval(environmentOfJob(run, job));
    case "lock": {
      const verdict = enterLock(state, run, job);
      return verdict === "through" ? (supersededBy(state, run, job) ?? verdict) : verdict;
    }
    case "matrix":
      return enterMatrix(matrixOf(run, job), job);
    case "group":
      return enterGroup(state, run, job);
    case "slot":
      return "wait";
    default:
      return stage satisfies never;
  }
}

/** The first in a line goes on behind it. */
export function letThrough(state: State, run: RunState, job: JobState): void {
  const stage = job.stage as AdmissionStage;
  leaveQueue(state, run, job);
  const behind = next[stage] ?? bug(`${job.id} cannot go on from ${stage}`);
  const superseded = stage === "lock" ? supersededBy(state, run, job) : undefined;
  if (superseded !== undefined) giveUp(state, run, job, superseded);
  else admit(state, { run, job, priority: priorityOf(job) }, behind);
}

export function priorityOf(job: JobState): Candidate["priority"] {
  return job.token === undefined ? "new" : "returning";
}

/** The run is suspended: the job leaves every line, gives back what it holds and waits for somebody who adopts the run. */
export function park(state: State, run: RunState, job: JobState): void {
  leaveQueue(state, run, job);
  leaveSlots(state, run, job);
  job.stage = "parked";
}

/** The job will not run: it leaves every line and gives back what it holds. That it is skipped is still to be recorded. */
export function giveUp(state: State, run: RunState, job: JobState, reason: SkipReason): void {
  leaveQueue(state, run, job);
  leaveSlots(state, run, job);
  job.stage = "given-up";
  run.toSkip.set(job, reason);
}

/** Gives back the slots of matrix and group; those who waited for them go on. */
export function leaveSlots(state: State, run: RunState, job: JobState): void {
  if (job.inMatrix) {
    const leg = leaveMatrix(matrixOf(run, job), job);
    if (leg !== undefined) {
      enterMatrix(matrixOf(run, leg), leg);
      letThrough(state, run, leg);
    }
  }
  const name = job.inGroup;
  if (name === undefined) return;
  leaveGroup(state, job);
  moveGroup(state, name);
}

function moveGroup(state: State, name: string): void {
  const group = state.groups.get(name);
  if (group === undefined) return;
  for (let first = nextInGroup(group); first !== undefined; first = nextInGroup(group)) {
    const run = state.runs.get(first.run)!;
    takeGroupSlot(group, name, first);
    letThrough(state, run, first);
    state.attention.add(run.id);
  }
  forgetEmptyGroup(state, name);
}

/** Leaves the line it stands in, if any. What it left may let the next one through. */
export function leaveQueue(state: State, run: RunState, job: JobState): void {
  if (job.entry === undefined) return;
  const stage = job.stage as AdmissionStage;
  queueAt(state, run, job, stage).leave(job.entry);
  job.entry = undefined;
  job.stage = "none";
  const environment = environmentOfJob(run, job);
  if (stage === "approval" && environment!.approval.waiting.size === 0) run.toAsk.delete(environment!.name);
  if (stage === "lock") leaveLockQueue(state, run, environment!);
  // A head with a smaller limit may have held up others.
  if (stage === "group" && job.inGroup === undefined) moveGroup(state, groupName(run, job));
}

function queueAt(state: State, run: RunState, job: JobState, stage: Stage): WaitQueue<JobState> {
  switch (stage) {
    case "approval":
      return environmentOfJob(run, job)!.approval.waiting;
    case "lock":
      return environmentOfJob(run, job)!.atLock;
    case "matrix":
      return matrixOf(run, job)!.queue;
    case "group":
      return state.groups.get(groupName(run, job))!.queue;
    case "slot":
      return run.ready;
    case "before":
    case "parked":
    case "given-up":
    case "none":
      return bug(`${job.id} is in no line at ${stage}`);
    default:
      return stage satisfies never;
  }
}

export function environmentOfJob(run: RunState, job: JobState): RunEnvironment | undefined {
  return job.planned.environment === undefined ? undefined : run.environments.get(job.planned.environment);
}
