import { emptyState } from "../../engine/state.ts";
import { runAt } from "../../store/past-state.ts";
import type { ReadingHandle } from "../../store/store.ts";
import { loadDefinition } from "../definition/load.ts";
import type { Place } from "../project.ts";
import { type BoardView, boardView } from "../views/board.ts";
import { deployedView } from "../views/deployed.ts";
import { openJournal, requireJournal } from "./journal.ts";
import { type Moment, momentOf } from "./moment.ts";

/** How far back a failure is looked for that no later release has made good. */
const lately = 10;

/**
 * The newest run says what the delivery consists of; before the first one, the definition does. `at`: as it was at the event of
 * this number. @throws {Refused}
 */
export async function readBoard(
  { project, caller }: Place,
  { at }: { at?: number | undefined } = {},
): Promise<BoardView> {
  using journal = at === undefined ? openJournal(project) : requireJournal(project);
  const moment = at === undefined ? undefined : momentOf(journal!, at);
  const now = moment?.at ?? Date.now();
  const shown = journal && boardOf(journal, { moment, now });
  if (shown !== undefined) return shown;
  const state = moment?.state ?? journal?.state() ?? emptyState();
  const expected = new Map<string, number>();
  return boardView(await loadDefinition(project.file, caller), {
    ...{ state, runs: [], deployed: {}, now, expected, journal },
    until: moment?.seq,
  });
}

/** Undefined when nothing was ever run. */
function boardOf(
  journal: ReadingHandle,
  { moment, now }: { moment: Moment | undefined; now: number },
): BoardView | undefined {
  const until = moment && { until: moment.seq };
  const newest = journal.runs({ ...until, newest: lately });
  if (newest.length === 0) return undefined;
  const state = moment?.state ?? journal.state();
  const shown = [...state.runs.values()].reverse();
  const has = new Set(shown.map(({ id }) => id));
  const failed = newest.filter(({ run, conclusion }, at) => (conclusion === "failed" || at === 0) && !has.has(run));
  const past = failed.map(({ run }) => (moment ? runAt(journal, run, moment) : journal.runState(run))!);
  const runs = [...shown, ...past].sort((a, b) => b.release - a.release);
  return boardView(runs[0]!.delivery, {
    ...{ state, runs, now, journal },
    deployed: deployedView(journal, until),
    expected: state.runs.size === 0 ? new Map() : journal.durations(),
    until: moment?.seq,
  });
}
