import { assert, EngineBug } from "./bug.ts";
import { needsAttention } from "./decide.ts";
import type { EventMeta } from "./event-meta.ts";
import type {
  DriftLooked,
  EngineEvent,
  EnvironmentFrozen,
  EnvironmentThawed,
  Recorded,
  RollbackDeclined,
  RunId,
} from "./events.ts";
import {
  jobCancelled,
  jobFailed,
  jobInterrupted,
  jobRetryDue,
  jobSkipped,
  jobStarted,
  jobSucceeded,
  jobVerified,
} from "./fold-job.ts";
import {
  approvalAnswered,
  approvalGiven,
  approvalReminded,
  approvalRequested,
  cancelRequested,
  environmentFrozen,
  environmentThawed,
  historyBegins,
  lockAcquired,
  lockReleased,
  retryRequested,
  rollbackDeclined,
  runAdopted,
  runCreated,
  runFinished,
  runSuspended,
} from "./fold-run.ts";
import { rebuildRun } from "./rebuild-run.ts";
import { emptyState, type RunState, type RunStatus, type State } from "./state.ts";

/** The own events of a run that has finished, in order, before the one with this number. */
export type RunHistory = (run: RunId, before: number) => Iterable<Recorded>;

export function runHistory(runEvents: (run: RunId) => Iterable<Recorded>): RunHistory {
  return function* (run, before) {
    for (const recorded of runEvents(run)) if (recorded.seq < before) yield recorded;
  };
}

/** What a journal comes to, for those who only read. `history` looks into the same journal; `state` is what came before. */
export function replay(journal: Iterable<Recorded>, history?: RunHistory, state = emptyState()): State {
  const passed: Recorded[] = [];
  const ownEvents = history ?? ((run) => passed.filter(({ event }) => event.run === run));
  for (const recorded of journal) {
    fold(state, recorded, ownEvents);
    if (history === undefined) passed.push(recorded);
  }
  return state;
}

/**
 * The state after one more event of the journal. It works in place (a copy of a hundred thousand jobs for each event would
 * be the whole cost of a run), so the state that was given is gone; folding the same events again gives an equal one.
 * An event that cannot have happened in this state is refused: deploying from a state nobody understands is worse than stopping.
 * A run is forgotten when it has finished: `history` is asked for it when it is retried.
 */
export function fold(state: State, recorded: Recorded, history: RunHistory = () => []): State {
  const { seq, at, event } = recorded;
  if (event.type === "history.begins") {
    historyBegins(state, event);
    state.seq = seq;
    return state;
  }
  assert(seq === state.seq + 1, () => `event ${seq} of the journal comes after event ${state.seq}`);
  try {
    if (isOfNoRun(event)) {
      if (event.type === "environment.frozen") environmentFrozen(state, event, { seq, at });
      else if (event.type === "environment.thawed") environmentThawed(state, event);
      else if (event.type === "rollback.declined") rollbackDeclined(state, event);
      state.seq = seq;
      return state;
    }
    const run = event.type === "run.created" ? runCreated(state, event, { seq, at }) : runOf(state, recorded, history);
    if (run !== undefined) {
      apply(state, run, event, { seq, at });
      attend(state, run);
    }
  } catch (error) {
    if (!(error instanceof EngineBug)) throw error;
    throw new EngineBug(`event ${seq} (${event.type}) of run ${event.run} is impossible: ${error.message}`);
  }
  state.seq = seq;
  return state;
}

/** What was found when somebody looked for drift is told, and changes nothing. */
function isOfNoRun(
  event: EngineEvent,
): event is EnvironmentFrozen | EnvironmentThawed | RollbackDeclined | DriftLooked {
  const { type } = event;
  return (
    type === "environment.frozen" ||
    type === "environment.thawed" ||
    type === "rollback.declined" ||
    type === "drift.looked"
  );
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
    case "job.verified":
      jobVerified(state, run, event, meta);
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
      lockAcquired(state, run, event, meta);
      break;
    case "lock.released":
      lockReleased(state, run, event, meta);
      break;
    case "approval.requested":
      approvalRequested(run, event, meta);
      break;
    case "approval.reminded":
      approvalReminded(run, event, meta);
      break;
    case "approval.given":
      approvalGiven(run, event);
      break;
    case "approval.answered":
      approvalAnswered(state, run, event, meta);
      break;
    case "run.finished":
      runFinished(state, run, event, meta);
      break;
    case "environment.frozen":
    case "environment.thawed":
    case "rollback.declined":
    case "drift.looked":
    case "history.begins":
      break;
    default:
      event satisfies never;
      assert(false, () => `this Baton does not know ${(event as { type: string }).type}`);
  }
}

/** Undefined when the event means nothing any more. */
function runOf(state: State, { seq, event }: Recorded, history: RunHistory): RunState | undefined {
  const run = state.runs.get(event.run);
  if (run !== undefined) return run;
  // Journals of Baton 0.1 may have one behind the end of its run: there a second process wrote beside the engine.
  if (event.type === "run.cancel-requested") return undefined;
  assert(event.type === "run.retry-requested", "there is no such run, or it has finished");
  return rebuildRun(history(event.run, seq));
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
