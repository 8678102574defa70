import type { JobId } from "../plan/plan.ts";
import { admit, environmentOfJob, giveUp, leaveQueue, leaveSlots } from "./admission.ts";
import { assert } from "./bug.ts";
import type { EventMeta } from "./event-meta.ts";
import type {
  JobCancelled,
  JobFailed,
  JobInterrupted,
  JobRetryDue,
  JobSkipped,
  JobStarted,
  JobSucceeded,
  JobVerified,
} from "./events.ts";
import { cancelSkip } from "./policies/cancel.ts";
import { leaveLockQueue } from "./policies/lock.ts";
import { failFastSkip, matrixOf } from "./policies/matrix.ts";
import { noteDeploying } from "./policies/supersede.ts";
import { looksOf } from "./policies/verify.ts";
import { noteEnded } from "./propagate.ts";
import type { JobState, JobStatus, RunState, State } from "./state.ts";

/** What each event of a job does to the state. */

export function jobStarted(state: State, run: RunState, event: JobStarted, { at }: EventMeta): void {
  const job = jobOf(run, event.job);
  assert(job.stage === "slot", () => `${job.id} is ${job.status} at ${job.stage}, so it cannot start`);
  assert(run.running < run.parallel, () => `${run.running} jobs of ${run.parallel} run already`);
  assert(event.attempt === job.attempt + 1, () => `attempt ${event.attempt} comes after ${job.attempt}`);
  assert(!state.attempts.has(event.token), "its token was used before");
  leaveQueue(state, run, job);
  noteDeploying(state, run, job);
  noteStarted(job, event, at);
  run.running += 1;
  state.attempts.set(event.token, job);
}

/** What an attempt that starts says of its job; what one before it said no longer counts. */
export function noteStarted(job: JobState, { attempt, token }: JobStarted, at: number): void {
  job.status = "running";
  job.attempt = attempt;
  job.tries += 1;
  job.token = token;
  job.startedAt = at;
  job.endedAt = undefined;
  job.durationMs = undefined;
  job.failure = undefined;
}

export function jobSucceeded(state: State, run: RunState, event: JobSucceeded, meta: EventMeta): void {
  const job = endAttempt(state, run, event);
  job.durationMs = event.durationMs;
  job.outputs = event.outputs;
  job.artifacts = event.artifacts;
  endJob(state, run, job, { ...meta, status: "succeeded" });
}

export function jobFailed(state: State, run: RunState, event: JobFailed, meta: EventMeta): void {
  const job = endAttempt(state, run, event);
  job.durationMs = event.durationMs;
  job.failure = event.failure;
  if (event.retryAt !== undefined) {
    job.losses = 0;
    assert(run.cancel === undefined, "a cancelled run retries nothing");
    backOff(state, run, job, { at: meta.at, until: event.retryAt });
    return;
  }
  failFast(state, run, job);
  endJob(state, run, job, { ...meta, status: "failed" });
}

/** It has passed once more, and is looked at again; how often it may fail until then counts anew. */
export function jobVerified(state: State, run: RunState, event: JobVerified, { at }: EventMeta): void {
  const job = endAttempt(state, run, event);
  assert(run.cancel === undefined, "nobody looks again in a cancelled run");
  assert(
    event.left === (job.looksLeft ?? looksOf(job)) - 1 && event.left > 0,
    () => `it looks ${event.left} more times`,
  );
  job.durationMs = event.durationMs;
  job.tries = 0;
  job.losses = 0;
  job.looksLeft = event.left;
  backOff(state, run, job, { at, until: event.againAt });
}

function backOff(state: State, run: RunState, job: JobState, { at, until }: { at: number; until: number }): void {
  job.status = "backing-off";
  job.endedAt = at;
  job.retryAt = until;
  run.backingOff += 1;
  leaveSlots(state, run, job);
}

/** One leg failed for good: those that have not started never will. Those that run are stopped by whoever acts on this. */
function failFast(state: State, run: RunState, job: JobState): void {
  const matrix = matrixOf(run, job);
  if (matrix === undefined || !matrix.failFast || matrix.failed !== undefined || job.definition.continueOnFailure)
    return;
  matrix.failed = job.id;
  for (const leg of matrix.legs) {
    if (leg === job || leg.stage === "given-up") continue;
    if (leg.status === "waiting" || leg.status === "ready" || leg.status === "backing-off") {
      giveUp(state, run, leg, failFastSkip(job.id, leg));
    }
  }
}

export function jobRetryDue(state: State, run: RunState, event: JobRetryDue): void {
  const job = jobOf(run, event.job);
  assert(job.status === "backing-off" && job.stage !== "given-up", () => `${job.id} is ${job.status}, not backing off`);
  assert(job.attempt === event.attempt, () => `${job.id} is at attempt ${job.attempt}`);
  job.retryAt = undefined;
  run.backingOff -= 1;
  // Where the environment's lock is still held (the job has not ended) it passes the first two stages at once.
  admit(state, { run, job, priority: "returning" }, "approval");
}

export function jobSkipped(state: State, run: RunState, event: JobSkipped, meta: EventMeta): void {
  const job = jobOf(run, event.job);
  assert(
    run.toSkip.get(job)?.code === event.code,
    () => `nothing says that ${job.id} is to be skipped as ${event.code}`,
  );
  assert(job.token === undefined, () => `${job.id} has had an attempt`);
  run.toSkip.delete(job);
  job.skipped = { code: event.code, because: event.because, text: event.text };
  endJob(state, run, job, { ...meta, status: "skipped" });
}

export function jobCancelled(state: State, run: RunState, event: JobCancelled, meta: EventMeta): void {
  const waiting = jobOf(run, event.job);
  waiting.skipped = event.cause;
  if (waiting.status !== "running") {
    assert(run.toSkip.delete(waiting), () => `${waiting.id} is ${waiting.status} and nothing says to give it up`);
    assert(waiting.token === event.token, "it is another attempt");
    if (waiting.status === "backing-off") run.backingOff -= 1;
    waiting.retryAt = undefined;
    endJob(state, run, waiting, { ...meta, status: "cancelled" });
    return;
  }
  const job = endAttempt(state, run, event);
  job.durationMs = event.durationMs;
  failFast(state, run, job);
  endJob(state, run, job, { ...meta, status: "cancelled" });
}

export function jobInterrupted(state: State, run: RunState, event: JobInterrupted): void {
  const job = endAttempt(state, run, event);
  job.tries -= 1;
  if (event.because !== undefined) job.losses += 1;
  leaveSlots(state, run, job);
  job.status = "ready";
  const failed = matrixOf(run, job)?.failed;
  if (run.cancel !== undefined) giveUp(state, run, job, cancelSkip(run.cancel.by));
  else if (failed !== undefined) giveUp(state, run, job, failFastSkip(failed, job));
  else admit(state, { run, job, priority: "returning" }, "approval");
}

function endAttempt(state: State, run: RunState, event: { job: JobId; attempt: number; token: string }): JobState {
  const job = jobOf(run, event.job);
  assert(job.status === "running", () => `${job.id} is ${job.status}, not running`);
  assert(job.token === event.token && job.attempt === event.attempt, () => `${job.id} runs attempt ${job.attempt}`);
  state.attempts.delete(event.token);
  run.running -= 1;
  return job;
}

function endJob(state: State, run: RunState, job: JobState, end: EventMeta & { status: JobStatus }): void {
  job.status = end.status;
  job.stage = "none";
  job.endedAt = end.at;
  run.open -= 1;
  leaveSlots(state, run, job);
  const environment = environmentOfJob(run, job);
  if (environment !== undefined) {
    environment.open -= 1;
    if (environment.open === 0 && environment.lock === "held") run.toRelease.add(environment.name);
    if (environment.open === 0) leaveLockQueue(state, run, environment);
  }
  noteEnded(state, run, job);
}

export function jobOf(run: RunState, id: JobId): JobState {
  const job = run.jobs.get(id);
  assert(job !== undefined, () => `run ${run.id} has no job ${id}`);
  return job;
}
