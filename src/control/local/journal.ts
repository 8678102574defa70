import type { RunId } from "../../engine/events.ts";
import type { JournalReader, RunRecord } from "../../store/journal-reader.ts";
import { openStoreForReading, type ReadingHandle } from "../../store/store.ts";
import { notThere, refused } from "../control.ts";
import type { Project } from "../project.ts";
import { type FreezeView, freezesAt } from "../views/freezes.ts";

/** So many runs are looked at to know what releases there are, and where. */
export const newestRuns = 100;

/** The journal of a place to read, also beside a Baton that runs; undefined when nothing was ever run there. */
export function openJournal(project: Project): ReadingHandle | undefined {
  try {
    return openStoreForReading(project.stateFolder);
  } catch (error) {
    if ((error as { code?: string }).code === "empty") return undefined;
    throw error;
  }
}

export function requireJournal(project: Project): ReadingHandle {
  const journal = openJournal(project);
  if (journal) return journal;
  throw refused("no-runs", { subject: project.stateFolder });
}

/** What is frozen now; nothing where nothing was ever run. */
export function freezesNow(journal: JournalReader | undefined): FreezeView[] {
  return freezesAt(journal?.freezes() ?? {}, Date.now());
}

/** Whether a process runs this run now. */
export function isUnderway(journal: ReadingHandle, run: RunId): boolean {
  const owner = ownerOf(journal, run);
  return owner !== undefined && journal.isAlive(owner);
}

/** The session that this run belongs to, whether it lives or not. */
export function ownerOf(journal: JournalReader, run: RunId): string | undefined {
  let owner: string | undefined;
  for (const { event } of journal.loadRun(run)) {
    if (event.type === "run.created" || event.type === "run.adopted") owner = event.owner;
    if (event.type === "run.suspended") owner = undefined;
  }
  return owner;
}

/** The run that is meant: the one named (its release number counts too), else the newest. @throws {Refused} */
export function findRun(journal: JournalReader, named: string | undefined): RunRecord {
  const found = named === undefined ? journal.runs({ newest: 1 })[0] : journal.findRun(named);
  if (found) return found;
  if (named === undefined) throw refused("no-runs", { subject: "" });
  throw notThere("no-run", named, idsOf(journal.runs()));
}

/**
 * The run that is meant among those that have not ended: the one named, else the only one there is, with `isLeft` the only
 * one that nobody goes on with. Which of several is never guessed. @throws {Refused}
 */
export function findOpenRun(journal: ReadingHandle, named: string | undefined, { isLeft = false } = {}): RunRecord {
  if (named !== undefined) {
    const found = findRun(journal, named);
    if (found.conclusion === undefined) return found;
    throw refused("has-finished", { subject: found.run, because: found.conclusion });
  }
  const all = journal.openRuns();
  const open = isLeft && all.length > 1 ? all.filter(({ run }) => !isUnderway(journal, run)) : all;
  if (open.length === 1) return open[0]!;
  if (open.length === 0) throw refused("none-open", { subject: "" });
  throw refused("several-open", { subject: "", known: idsOf(open).toReversed() });
}

const idsOf = (runs: readonly RunRecord[]) => runs.map(({ run }) => run);
