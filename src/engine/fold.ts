import { assert, EngineBug } from "./bug.ts";
import { needsAttention } from "./decide.ts";
import type { Due } from "./due.ts";
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
  runCreated,
  runFinished,
} from "./fold-run.ts";
import type { Note } from "./note.ts";
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
  dropStaleDue(state);
  state.seq = seq;
  return state;
}

function apply(state: State, run: RunState, event: EngineEvent, note: Note): void {
  switch (event.type) {
    case "run.created":
      break;
    case "job.started":
      jobStarted(state, run, event, note);
      break;
    case "job.succeeded":
      jobSucceeded(state, run, event, note);
      break;
    case "job.failed":
      jobFailed(state, run, event, note);
      break;
    case "job.retry-due":
      jobRetryDue(state, run, event);
      break;
    case "job.skipped":
      jobSkipped(state, run, event, note);
      break;
    case "job.cancelled":
      jobCancelled(state, run, event, note);
      break;
    case "job.interrupted":
      jobInterrupted(state, run, event);
      break;
    case "run.retry-requested":
      retryRequested(state, run, event);
      break;
    case "run.cancel-requested":
      cancelRequested(state, run, event, note);
      break;
    case "lock.acquired":
      lockAcquired(state, run, event);
      break;
    case "lock.released":
      lockReleased(state, run, event);
      break;
    case "approval.requested":
      approvalRequested(state, run, event, note);
      break;
    case "approval.answered":
      approvalAnswered(state, run, event, note);
      break;
    case "run.finished":
      runFinished(state, run, event, note);
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
  if (run.running > 0 || run.backingOff > 0) return "running";
  return run.asking > 0 ? "awaiting-approval" : "waiting";
}

/** What was due and is no longer: the run was cancelled, the approval answered. */
function dropStaleDue(state: State): void {
  for (let due = state.due.earliest(); due !== undefined && isStale(state, due); due = state.due.earliest()) {
    state.due.removeEarliest();
  }
}

function isStale(state: State, due: Due): boolean {
  const run = state.runs.get(due.run)!;
  if (due.kind === "approval") {
    const approval = run.environments.get(due.environment)!.approval;
    return approval.status !== "requested" || approval.expiresAt !== due.at;
  }
  const job = run.jobs.get(due.job)!;
  return job.status !== "backing-off" || job.stage === "doomed" || job.attempt !== due.attempt;
}
