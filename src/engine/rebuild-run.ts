import { assert } from "./bug.ts";
import type { EventMeta } from "./event-meta.ts";
import type { EngineEvent, Recorded } from "./events.ts";
import { noteStarted } from "./fold-job.ts";
import { backToWaiting, requestedApproval, withdrawRequests } from "./fold-run.ts";
import { newRun } from "./new-run.ts";
import { strongerCancel } from "./policies/cancel.ts";
import type { ApprovalState, JobState, JobStatus, RunState } from "./state.ts";

/**
 * A run that has finished, out of its own events: the state forgets it when it ends and remembers it when it is retried.
 * Nothing of it stands in a queue then, so its facts are all there is, and no other run has to be looked at.
 */
export function rebuildRun(events: Iterable<Recorded>): RunState {
  let run: RunState | undefined;
  for (const { seq, at, event } of events) {
    if (event.type === "run.created") run = newRun(event, { seq, at });
    else if (run !== undefined) note(run, event, { seq, at });
  }
  assert(run?.finished !== undefined, () => `run ${run?.id} has not finished, so it cannot be taken up`);
  run.open = 0;
  for (const environment of run.environments.values()) environment.open = 0;
  return run;
}

function note(run: RunState, event: EngineEvent, meta: EventMeta): void {
  if ("job" in event) noteOfJob(run.jobs.get(event.job)!, event, meta);
  else noteOfRun(run, event, meta);
}

function noteOfJob(job: JobState, event: Extract<EngineEvent, { job: string }>, { at }: EventMeta): void {
  const end = (status: JobStatus) => {
    Object.assign(job, { status, stage: "none", endedAt: at } satisfies Partial<JobState>);
  };
  switch (event.type) {
    case "job.started":
      noteStarted(job, event, at);
      return;
    case "job.succeeded":
      job.durationMs = event.durationMs;
      job.outputs = event.outputs;
      job.artifacts = event.artifacts;
      end("succeeded");
      return;
    case "job.failed":
      job.durationMs = event.durationMs;
      job.failure = event.failure;
      if (event.retryAt !== undefined) job.losses = 0;
      end(event.retryAt === undefined ? "failed" : "backing-off");
      return;
    case "job.verified":
      Object.assign(job, {
        durationMs: event.durationMs,
        tries: 0,
        losses: 0,
        looksLeft: event.left,
      } satisfies Partial<JobState>);
      end("backing-off");
      return;
    case "job.retry-due":
      return;
    case "job.skipped":
      job.skipped = { code: event.code, because: event.because, text: event.text };
      end("skipped");
      return;
    case "job.cancelled":
      if (job.status === "running") job.durationMs = event.durationMs;
      job.skipped = event.cause;
      end("cancelled");
      return;
    case "job.interrupted":
      job.tries -= 1;
      if (event.because !== undefined) job.losses += 1;
      job.status = "ready";
      return;
    default:
      event satisfies never;
  }
}

function noteOfRun(run: RunState, event: Exclude<EngineEvent, { job: string }>, { seq, at }: EventMeta): void {
  switch (event.type) {
    case "run.retry-requested":
      Object.assign(run, { finished: undefined, finishedAt: undefined, finishedSeq: undefined, cancel: undefined });
      for (const id of event.jobs) backToWaiting(run, run.jobs.get(id)!);
      for (const { approval } of run.environments.values()) {
        if (approval.status === "rejected" || approval.status === "expired") approval.status = "not-yet";
      }
      return;
    case "run.cancel-requested":
      if (run.finished !== undefined) return;
      run.cancel = strongerCancel(run, event, at);
      withdrawRequests(run);
      return;
    case "approval.requested":
      Object.assign(run.environments.get(event.environment)!.approval, requestedApproval(event, { at }));
      return;
    case "approval.reminded":
      Object.assign(run.environments.get(event.environment)!.approval, {
        toldAt: at,
        remindAt: event.remindAt,
      } satisfies Partial<ApprovalState>);
      return;
    case "approval.given":
      run.environments.get(event.environment)!.approval.given.push(event.by);
      return;
    case "approval.answered":
      Object.assign(run.environments.get(event.environment)!.approval, {
        status: event.answer,
        answeredAt: at,
        by: event.by,
        comment: event.comment,
      } satisfies Partial<ApprovalState>);
      return;
    case "lock.acquired":
      run.environments.get(event.environment)!.lockedSeq = seq;
      return;
    case "run.finished":
      withdrawRequests(run);
      Object.assign(run, { status: "finished", finished: event, finishedAt: at, finishedSeq: seq });
      return;
    case "run.adopted":
      run.override = event.override ?? run.override;
      return;
    case "run.created":
    case "run.suspended":
    case "lock.released":
    case "environment.frozen":
    case "environment.thawed":
    case "rollback.declined":
    case "drift.looked":
    case "history.begins":
      return;
    default:
      event satisfies never;
  }
}
