import { assert, EngineBug } from "./bug.ts";
import { needsAttention } from "./decide.ts";
import type { EventMeta } from "./event-meta.ts";
import type { EngineEvent, Recorded, RunId } from "./events.ts";
import {
  jobCancelled,
  jobFailed,
  jobInterrupted,
  jobRetryDue,
  jobSkipped,
  jobStarted,
  jobSucceeded,
} from "./fold-job.ts";
import {
  approvalAnswered,
  approvalRequested,
  cancelRequested,
  historyBegins,
  lockAcquired,
  lockReleased,
  retryRequested,
  runAdopted,
  runCreated,
  runFinished,
  runSuspended,
} from "./fold-run.ts";
import { emptyState, type RunState, type RunStatus, type State } from "./state.ts";

/** What a journal comes to, for those who only read. */
export function replay(journal: Iterable<Recorded>): State {
  let state = emptyState();
  for (const recorded of journal) state = fold(state, recorded);
  return state;
}

/**
 * The state after one more event of the journal. It works in place (a copy of a hundred thousand jobs for each event would
 * be the whole cost of a run), so the state that was given is gone; folding the same events again gives an equal one.
 * An event that cannot have happened in this state is refused: deploying from a state nobody understands is worse than stopping.
 */
export function fold(state: State, recorded: Recorded): State {
  const { seq, at, event } = recorded;
  if (event.type === "history.begins") {
    historyBegins(state, event);
    state.seq = seq;
    return state;
  }
  assert(seq === state.seq + 1, () => `event ${seq} of the journal comes after event ${state.seq}`);
  try {
    const run = event.type === "run.created" ? runCreated(state, event, at) : runOf(state, event.run);
    apply(state, run, event, { seq, at });
    attend(state, run);
  } catch (error) {
    if (!(error instanceof EngineBug)) throw error;
    throw new EngineBug(`event ${seq} (${event.type}) of run ${event.run} is impossible: ${error.message}`);
  }
  state.seq = seq;
  return state;
}

function apply(state: State, run: RunState, event: EngineEvent, meta: EventMeta): void {
  switch (event.type) {
    case "run.created":
      break;
    case "job.started":
      jobStarted(state, run, event, meta);
      break;
    case "job.succeeded":
      jobSucceeded(state, run, event, meta);
      break;
    case "job.failed":
      jobFailed(state, run, event, meta);
      break;
    case "job.retry-due":
      jobRetryDue(state, run, event);
      break;
    case "job.skipped":
      jobSkipped(state, run, event, meta);
      break;
    case "job.cancelled":
      jobCancelled(state, run, event, meta);
      break;
    case "job.interrupted":
      jobInterrupted(state, run, event);
      break;
    case "run.adopted":
      runAdopted(state, run, event);
      break;
    case "run.suspended":
      runSuspended(state, run, event, meta);
      break;
    case "run.retry-requested":
      retryRequested(state, run, event);
      break;
    case "run.cancel-requested":
      cancelRequested(state, run, event, meta);
      break;
    case "lock.acquired":
      lockAcquired(state, run, event);
      break;
    case "lock.released":
      lockReleased(state, run, event);
      break;
    case "approval.requested":
      approvalRequested(run, event, meta);
      break;
    case "approval.answered":
      approvalAnswered(state, run, event, meta);
      break;
    case "run.finished":
      runFinished(state, run, event, meta);
      break;
    case "history.begins":
      break;
    default:
      event satisfies never;
      assert(false, () => `this Baton does not know ${(event as { type: string }).type}`);
  }
}

function runOf(state: State, id: RunId): RunState {
  const run = state.runs.get(id);
  assert(run !== undefined, () => "there is no such run");
  return run;
}

function attend(state: State, run: RunState): void {
  run.status = statusOf(run);
  if (needsAttention(run)) state.attention.add(run.id);
  else state.attention.delete(run.id);
}

function statusOf(run: RunState): RunStatus {
  if (run.finished !== undefined) return "finished";
  if (run.cancel !== undefined) return "cancelling";
  if (run.suspended !== undefined) return "suspended";
  if (run.running > 0 || run.backingOff > 0) return "running";
  return run.asking > 0 ? "awaiting-approval" : "waiting";
}
