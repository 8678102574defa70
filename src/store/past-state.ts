import type { LockAcquired, Recorded, RunId } from "../engine/events.ts";
import { fold, runHistory } from "../engine/fold.ts";
import { environmentFrozen } from "../engine/fold-run.ts";
import { rebuildRun } from "../engine/rebuild-run.ts";
import { emptyState, type RunState, type State } from "../engine/state.ts";
import type { JournalReader } from "./journal-reader.ts";

/**
 * What the journal came to at one of its events. Only runs that had not finished by then are folded, by their own events:
 * one that had finished held nothing any more, so it costs what went on at that moment and not what the journal is long. This is
 * to be looked at: what environments remember of runs that are over is not in it, so nothing can be decided on it.
 */
export function stateAt(journal: JournalReader, seq: number): State {
  const state = emptyState();
  const history = runHistory((run) => journal.loadRun(run));
  const events = journal.openRunsAt(seq).flatMap((run) => eventsUntil(journal, run, seq));
  for (const recorded of events.sort((a, b) => a.seq - b.seq)) {
    // What lies between belongs to runs that are over.
    state.seq = recorded.seq - 1;
    if (recorded.event.type === "lock.acquired") bringForward(state, recorded.event);
    fold(state, recorded, history);
  }
  state.seq = seq;
  for (const [environment, { at, ...freeze }] of Object.entries(journal.freezes({ until: seq }))) {
    environmentFrozen(state, { type: "environment.frozen", run: "", environment, ...freeze }, { seq, at });
  }
  state.deployed = journal.deployed({ until: seq }).deployed;
  return state;
}

/**
 * Who was held up at that moment by a freeze, or by what a run that is over left to be taken back, is not known here: the journal says
 * whose turn it was.
 */
function bringForward(state: State, { run, environment }: LockAcquired): void {
  const queue = state.environments.get(environment)?.queue ?? [];
  const place = queue.indexOf(run);
  if (place > 0) queue.unshift(...queue.splice(place, 1));
}

/** A run as it was at that event; undefined when there was none. `state`: as `stateAt` says. */
export function runAt(
  journal: JournalReader,
  run: RunId,
  { seq, state }: { seq: number; state: State },
): RunState | undefined {
  const open = state.runs.get(run);
  if (open !== undefined) return open;
  const events = eventsUntil(journal, run, seq);
  return events.length === 0 ? undefined : rebuildRun(events);
}

function eventsUntil(journal: JournalReader, run: RunId, seq: number): Recorded[] {
  const events: Recorded[] = [];
  for (const recorded of journal.loadRun(run)) {
    if (recorded.seq > seq) break;
    events.push(recorded);
  }
  return events;
}
