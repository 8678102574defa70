import type { RunId } from "../../engine/events.ts";
import type { State } from "../../engine/state.ts";
import { runAt, stateAt } from "../../store/past-state.ts";
import type { ReadingHandle } from "../../store/store.ts";
import { refused } from "../control.ts";
import { type RunView, runView } from "../views/run.ts";

/** The journal folded up to one of its events. */
export interface Moment {
  seq: number;
  /** When that event was written, milliseconds since the epoch. */
  at: number;
  state: State;
}

/** @throws {Refused} when there is no event of that number */
export function momentOf(journal: ReadingHandle, seq: number): Moment {
  return { seq, at: timeOf(journal, seq), state: stateAt(journal, seq) };
}

/** When that event was written, milliseconds since the epoch. @throws {Refused} when there is none of that number */
export function timeOf(journal: ReadingHandle, seq: number): number {
  const at = journal.timeOf(seq);
  if (at === undefined) throw noMoment(journal, seq);
  return at;
}

/** @throws {Refused} when the run was not there yet */
export function runViewAt(journal: ReadingHandle, run: RunId, seq: number): RunView {
  const moment = momentOf(journal, seq);
  const found = runAt(journal, run, moment);
  if (found === undefined) throw noMoment(journal, seq);
  return runView(moment.state, found, moment.at);
}

function noMoment(journal: ReadingHandle, seq: number): Error {
  return refused("no-moment", { subject: String(seq), known: [String(journal.newestSeq())] });
}
