import { bug } from "./bug.ts";
import type { Line } from "./line.ts";
import { enterApproval, mustAsk } from "./policies/approval.ts";
import {
  enterGroup,
  forgetEmptyGroup,
  groupName,
  leaveGroup,
  nextInGroup,
  takeGroupSlot,
} from "./policies/concurrency.ts";
import { enterLock, leaveLockLine } from "./policies/lock.ts";
import { enterMatrix, leaveMatrix, matrixOf } from "./policies/matrix.ts";
import { supersededBy } from "./policies/supersede.ts";
import type { Doom, JobState, RunEnvironment, RunState, Stage, State } from "./state.ts";

/**
 * The way of a job whose turn has come in the plan: approval, lock, matrix, group, slot. At each stage it goes through,
 * waits in that stage's line, or is doomed. A job waits only for what is given back by jobs further along, so the ways of
 * several runs cannot block each other.
 */
export type Way = "approval" | "lock" | "matrix" | "group" | "slot";

const next = { approval: "lock", lock: "matrix", matrix: "group", group: "slot", slot: undefined } as const;

export interface Comer {
  readonly run: RunState;
  readonly job: JobState;
  /** It had its turn before: it stands before those who had not. */
  readonly again: "again" | "first";
}

/** Sends the job on its way from `from` on, as far as it comes. */
export function advance(state: State, comer: Comer, from: Way): void {
  const { run, job } = comer;
  job.status = "ready";
  for (let stage: Way | undefined = from; stage !== undefined; stage = next[stage]) {
    const verdict = enter(state, run, job, stage);
    if (verdict === "through") continue;
    if (verdict === "wait") wait(state, comer, stage);
    else doom(state, run, job, verdict);
    return;
  }
}

function wait(state: State, { run, job, again }: Comer, stage: Way): void {
  job.stage = stage;
  const line = lineAt(state, run, job, stage);
  job.place = again === "again" ? line.joinAgain(job) : line.join(job);
  if (stage !== "approval") return;
  const environment = environmentOfJob(run, job)!;
  if (mustAsk(environment.approval)) run.toAsk.add(environment.name);
}

function enter(state: State, run: RunState, job: JobState, stage: Way): "through" | "wait" | Doom {
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
  const stage = job.stage as Way;
  leaveLine(state, run, job);
  const behind = next[stage] ?? bug(`${job.id} cannot go on from ${stage}`);
  const superseded = stage === "lock" ? supersededBy(state, run, job) : undefined;
  if (superseded !== undefined) doom(state, run, job, superseded);
  else advance(state, { run, job, again: job.token === undefined ? "first" : "again" }, behind);
}

/** The job will not run: it leaves every line and gives back what it holds. That it is skipped is still to be recorded. */
export function doom(state: State, run: RunState, job: JobState, reason: Doom): void {
  leaveLine(state, run, job);
  leaveSlots(state, run, job);
  job.stage = "doomed";
  run.doomed.set(job, reason);
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
export function leaveLine(state: State, run: RunState, job: JobState): void {
  if (job.place === undefined) return;
  const stage = job.stage as Way;
  lineAt(state, run, job, stage).leave(job.place);
  job.place = undefined;
  job.stage = "none";
  const environment = environmentOfJob(run, job);
  if (stage === "approval" && environment!.approval.waiting.size === 0) run.toAsk.delete(environment!.name);
  if (stage === "lock") leaveLockLine(state, run, environment!);
  // A head with a smaller limit may have held up others.
  if (stage === "group" && job.inGroup === undefined) moveGroup(state, groupName(run, job));
}

function lineAt(state: State, run: RunState, job: JobState, stage: Stage): Line<JobState> {
  switch (stage) {
    case "approval":
      return environmentOfJob(run, job)!.approval.waiting;
    case "lock":
      return environmentOfJob(run, job)!.atLock;
    case "matrix":
      return matrixOf(run, job)!.line;
    case "group":
      return state.groups.get(groupName(run, job))!.line;
    case "slot":
      return run.ready;
    case "before":
    case "doomed":
    case "none":
      return bug(`${job.id} is in no line at ${stage}`);
    default:
      return stage satisfies never;
  }
}

export function environmentOfJob(run: RunState, job: JobState): RunEnvironment | undefined {
  return job.planned.environment === undefined ? undefined : run.environments.get(job.planned.environment);
}
