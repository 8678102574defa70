import { emptyState } from "../../engine/state.ts";
import { loadDefinition } from "../definition/load.ts";
import type { Place } from "../project.ts";
import { type BoardView, boardView } from "../views/board.ts";
import { deployedView } from "../views/deployed.ts";
import { openJournal } from "./journal.ts";

/** How far back a failure is looked for that no later release has made good. */
const lately = 10;

/** The newest run says what the delivery consists of; before the first one, the definition does. */
export async function readBoard({ project, caller }: Place): Promise<BoardView> {
  using journal = openJournal(project);
  const now = Date.now();
  const newest = journal?.runs({ newest: lately }) ?? [];
  if (journal === undefined || newest.length === 0) {
    const delivery = await loadDefinition(project.file, caller);
    return boardView(delivery, { state: journal?.state() ?? emptyState(), runs: [], deployed: {}, now });
  }
  const state = journal.state();
  const shown = [...state.runs.values()].reverse();
  const has = new Set(shown.map(({ id }) => id));
  const failed = newest.filter(({ run, conclusion }, at) => (conclusion === "failed" || at === 0) && !has.has(run));
  const runs = [...shown, ...failed.map(({ run }) => journal.runState(run)!)].sort((a, b) => b.release - a.release);
  return boardView(runs[0]!.delivery, { state, runs, deployed: deployedView(journal), now });
}
