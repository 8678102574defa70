import type { Deployed } from "../plan/plan.ts";
import { admit, giveUp, letThrough, park, priorityOf } from "./admission.ts";
import { assert } from "./bug.ts";
import { noteDeployed } from "./deployed.ts";
import type { EventMeta } from "./event-meta.ts";
import type {
  ApprovalAnswered,
  ApprovalGiven,
  ApprovalReminded,
  ApprovalRequested,
  CancelRequested,
  EnvironmentFrozen,
  EnvironmentThawed,
  HistoryBegins,
  LockAcquired,
  LockReleased,
  RetryRequested,
  RollbackDeclined,
  RunAdopted,
  RunCreated,
  RunFinished,
  RunSuspended,
} from "./events.ts";
import { jobOf } from "./fold-job.ts";
import { newRun } from "./new-run.ts";
import { afterAnswer, mayNotApprove, mustAsk } from "./policies/approval.ts";
import { cancelSkip, strongerCancel } from "./policies/cancel.ts";
import { environmentOf, giveBackLock, nextInLine, takeLock } from "./policies/lock.ts";
import { noteChanged } from "./policies/supersede.ts";
import { noteOwed, noteTakenBack } from "./policies/take-back.ts";
import { layOutOrder, setOff } from "./propagate.ts";
import {
  type ApprovalState,
  emptyState,
  type JobState,
  type RunEnvironment,
  type RunState,
  type State,
} from "./state.ts";

/** What each event of a run, a lock and an approval does to the state. */

/** History begins anew; whatever was before it is lost. */
export function historyBegins(state: State, { nextRelease, deployed, newest, freezes = {} }: HistoryBegins): void {
  Object.assign(state, emptyState(), { nextRelease } satisfies Partial<State>);
  for (const [environment, pipelines] of Object.entries(deployed)) noteDeployed(state, environment, pipelines);
  for (const [environment, pipelines] of Object.entries(newest)) {
    for (const [pipeline, release] of Object.entries(pipelines)) {
      environmentOf(state, environment).newest.set(pipeline, release);
    }
  }
  for (const [environment, freeze] of Object.entries(freezes)) environmentOf(state, environment).freeze = freeze;
}

export function environmentFrozen(state: State, event: EnvironmentFrozen, { at }: EventMeta): void {
  const { environment, until, by, reason } = event;
  environmentOf(state, environment).freeze = { until, by, reason, at };
}

export function environmentThawed(state: State, { environment }: EnvironmentThawed): void {
  environmentOf(state, environment).freeze = undefined;
}

export function rollbackDeclined(state: State, { environment }: RollbackDeclined): void {
  environmentOf(state, environment).owed = undefined;
}

/** Refuses before it changes anything: a wrong plan is the asker's mistake, and the engine goes on. */
export function runCreated(state: State, event: RunCreated, meta: EventMeta): RunState {
  assert(!state.runs.has(event.run), "there is a run of that id");
  assert(event.release >= state.nextRelease, () => `release ${event.release} belongs to another run`);
  assert(Number.isInteger(event.parallel) && event.parallel >= 1, () => `parallel is ${event.parallel}`);
  const run = newRun(event, meta);
  layOutOrder(run);
  state.nextRelease = event.release + 1;
  state.runs.set(run.id, run);
  state.open.add(run.id);
  setOff(state, run);
  return run;
}

export function cancelRequested(state: State, run: RunState, event: CancelRequested, { at }: EventMeta): void {
  run.cancel = strongerCancel(run, event, at);
  for (const job of run.list) if (hasNotStarted(job)) giveUp(state, run, job, cancelSkip(event.by));
  withdrawRequests(run);
}

function hasNotStarted(job: JobState): boolean {
  if (job.stage === "given-up") return false;
  return job.status === "waiting" || job.status === "ready" || job.status === "backing-off";
}

/** Nobody needs to answer any more. */
export function withdrawRequests(run: RunState): void {
  for (const { approval } of run.environments.values()) {
    if (approval.status === "requested") approval.status = "not-yet";
  }
  run.asking = 0;
}

export function retryRequested(state: State, run: RunState, event: RetryRequested): void {
  assert(run.finished !== undefined, "it has not finished");
  assert(event.jobs.length > 0, "there is nothing to retry");
  state.runs.set(run.id, run);
  state.open.add(run.id);
  run.finished = undefined;
  run.finishedAt = undefined;
  run.finishedSeq = undefined;
  run.cancel = undefined;
  for (const id of event.jobs) {
    const job = jobOf(run, id);
    assert(job.status !== "succeeded" && job.status !== "waiting", () => `${id} is ${job.status}`);
    backToWaiting(run, job);
  }
  for (const matrix of run.matrices.values()) matrix.failed = undefined;
  for (const { approval } of run.environments.values()) {
    if (approval.status === "rejected" || approval.status === "expired") approval.status = "not-yet";
  }
  layOutOrder(run);
  setOff(state, run);
}

export function backToWaiting(run: RunState, job: JobState): void {
  job.status = "waiting";
  job.stage = "before";
  job.tries = 0;
  job.losses = 0;
  job.looksLeft = undefined;
  job.token = undefined;
  job.endedAt = undefined;
  job.failure = undefined;
  job.skipped = undefined;
  run.open += 1;
  const environment = run.environments.get(job.planned.environment ?? "");
  if (environment !== undefined) environment.open += 1;
}

/** What was cut off is recorded as interrupted before this: the new owner begins with nothing running on its own machine. */
export function runAdopted(state: State, run: RunState, event: RunAdopted): void {
  assert(run.finished === undefined, "it has finished");
  const goesOn = event.goesOn ?? [];
  for (const token of goesOn) assert(state.attempts.get(token)?.run === run.id, "what goes on does not run");
  assert(run.running === goesOn.length, () => `${run.running} of its jobs still run under another session`);
  run.owner = event.owner;
  run.override = event.override ?? run.override;
  if (run.suspended === undefined) return;
  run.suspended = undefined;
  for (const job of run.list)
    if (job.stage === "parked") admit(state, { run, job, priority: priorityOf(job) }, "approval");
}

/** Gives back everything that others could wait for. An open question to a person stays: it may be answered all the same. */
export function runSuspended(state: State, run: RunState, event: RunSuspended, { at }: EventMeta): void {
  assert(run.finished === undefined, "it has finished");
  assert(run.running === 0, () => `${run.running} of its jobs still run`);
  run.owner = undefined;
  // First: whatever moves up from here on parks as well.
  run.suspended = { by: event.by, because: event.because, at };
  for (const job of run.list) if (standsInLine(job)) park(state, run, job);
  for (const environment of run.environments.values()) {
    run.toRelease.delete(environment.name);
    if (environment.lock === "held") giveBackLock(state, run, environment);
  }
}

function standsInLine({ status, stage }: JobState): boolean {
  return status === "ready" && stage !== "approval" && stage !== "given-up";
}

export function lockAcquired(state: State, run: RunState, event: LockAcquired, { seq, at }: EventMeta): void {
  const mine = environmentIn(run, event.environment);
  const environment = state.environments.get(event.environment);
  assert(environment?.holder === undefined, () => `run ${environment?.holder} holds the lock of ${event.environment}`);
  const next = environment && nextInLine(state, environment, { now: at, outside: event.past });
  assert(
    next === run.id,
    () => `${next === undefined ? "nobody" : `run ${next}`} is the next for ${event.environment}`,
  );
  takeLock(state, run, mine);
  for (const job of [...mine.atLock]) letThrough(state, run, job);
  mine.lockedSeq = seq;
}

export function lockReleased(state: State, run: RunState, event: LockReleased, { at }: EventMeta): void {
  const mine = environmentIn(run, event.environment);
  assert(mine.lock === "held", () => `it does not hold the lock of ${event.environment}`);
  assert(mine.open === 0, () => `${mine.open} of its jobs in ${event.environment} have not ended`);
  run.toRelease.delete(event.environment);
  noteOwed(state, run, mine, at);
  giveBackLock(state, run, mine);
  if (Object.keys(event.deployed).length > 0) noteChanged(state, run, event.environment);
  noteDeployed(state, event.environment, event.deployed);
}

export function approvalRequested(run: RunState, event: ApprovalRequested, meta: EventMeta): void {
  const { approval } = environmentIn(run, event.environment);
  assert(mustAsk(approval), () => `nobody waits for an approval of ${event.environment}`);
  Object.assign(approval, requestedApproval(event, meta));
  run.toAsk.delete(event.environment);
  run.asking += 1;
}

export function requestedApproval(
  { reviewers, expiresAt, count = 1, notBy, remindAt }: ApprovalRequested,
  { at }: Pick<EventMeta, "at">,
): Omit<ApprovalState, "before" | "broken" | "waiting"> {
  return {
    status: "requested",
    reviewers,
    requestedAt: at,
    expiresAt,
    count,
    given: [],
    notBy,
    toldAt: at,
    remindAt,
    answeredAt: undefined,
    by: undefined,
    comment: undefined,
  };
}

export function approvalReminded(run: RunState, event: ApprovalReminded, { at }: EventMeta): void {
  const { approval } = environmentIn(run, event.environment);
  assert(approval.status === "requested", () => `the approval of ${event.environment} is ${approval.status}`);
  approval.toldAt = at;
  approval.remindAt = event.remindAt;
}

export function approvalGiven(run: RunState, event: ApprovalGiven): void {
  const { approval } = environmentIn(run, event.environment);
  assert(approval.status === "requested", () => `the approval of ${event.environment} is ${approval.status}`);
  assertMayApprove(approval, event);
  assert(approval.given.length + 1 < approval.count, () => `nobody else must approve ${event.environment}`);
  approval.given = [...approval.given, event.by];
}

function assertMayApprove(approval: ApprovalState, { environment, by }: { environment: string; by: string }): void {
  assert(mayNotApprove(approval, by) === undefined, () => `${by} may not approve ${environment}`);
}

export function approvalAnswered(state: State, run: RunState, event: ApprovalAnswered, { at }: EventMeta): void {
  const environment = environmentIn(run, event.environment);
  const { approval } = environment;
  assert(approval.status === "requested", () => `the approval of ${event.environment} is ${approval.status}`);
  if (event.answer === "approved") {
    assertMayApprove(approval, event);
    assert(
      approval.given.length + 1 === approval.count,
      () => `${event.environment} takes ${approval.count} approvals`,
    );
  }
  approval.status = event.answer;
  approval.answeredAt = at;
  approval.by = event.by;
  approval.comment = event.comment;
  run.asking -= 1;
  const verdict = afterAnswer(environment);
  for (const job of [...approval.waiting]) {
    if (verdict === "through") letThrough(state, run, job);
    else giveUp(state, run, job, verdict);
  }
}

export function runFinished(state: State, run: RunState, event: RunFinished, { seq, at }: EventMeta): void {
  assert(run.finished === undefined, "it has finished before");
  assert(run.open === 0, () => `${run.open} of its jobs have not ended`);
  assert(run.locksHeld === 0, "it holds a lock");
  withdrawRequests(run);
  noteTakenBack(state, run);
  state.open.delete(run.id);
  // Whoever takes it up again reads its own events, see `rebuildRun`: a state is no longer than what goes on.
  state.runs.delete(run.id);
  run.owner = undefined;
  run.suspended = undefined;
  run.finished = event;
  run.finishedAt = at;
  run.finishedSeq = seq;
  run.order = undefined;
  for (const [environment, deployed] of Object.entries(event.deployed)) {
    const there = state.deployed[environment] ?? {};
    // What is deployed without a lock is first told of here. It was there before whoever has the lock by now.
    const isNew = ([pipeline, { release }]: [string, Deployed]) => (there[pipeline]?.release ?? 0) < release;
    const isHeld = state.environments.get(environment)?.holder !== undefined;
    if (!isHeld && Object.entries(deployed).some(isNew)) noteChanged(state, run, environment);
    noteDeployed(state, environment, deployed);
  }
}

function environmentIn(run: RunState, name: string): RunEnvironment {
  const environment = run.environments.get(name);
  assert(environment !== undefined, () => `the run has nothing to do in ${name}`);
  return environment;
}
