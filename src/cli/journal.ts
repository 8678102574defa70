import { nearestName } from "../findings/nearest-name.ts";
import type { RunRecord } from "../store/journal-reader.ts";
import { openStoreForReading, type ReadingHandle } from "../store/store.ts";
import type { Place } from "./place.ts";
import { Failure, UsageError } from "./problem.ts";

/** The journal of a place to read, also beside a Baton that runs; undefined when nothing was ever run there. */
export function openJournal(place: Place): ReadingHandle | undefined {
  try {
    return openStoreForReading(place.stateFolder);
  } catch (error) {
    if ((error as { code?: string }).code === "empty") return undefined;
    throw error;
  }
}

export function requireJournal(place: Place): ReadingHandle {
  const journal = openJournal(place);
  if (journal) return journal;
  throw new Failure("nothing was run here yet", { next: "baton plan shows what a run would do, baton run does it" });
}

/** The run that is meant: the one named (its release number counts too), else the newest. */
export function findRun(journal: ReadingHandle, named: string | undefined): RunRecord {
  const runs = journal.runs();
  const found = named === undefined ? runs[0] : matching(runs, named);
  if (found) return found;
  if (named === undefined) throw new Failure("nothing was run here yet", { next: "baton run" });
  const near = nearestName(
    named,
    runs.map(({ run }) => run),
  );
  throw new UsageError(`there is no run "${named}"${near ? `; did you mean ${near}?` : ""}`, {
    next: "baton status lists the runs",
  });
}

/** By id, or by the number of its release. */
export function matching(runs: readonly RunRecord[], named: string): RunRecord | undefined {
  return runs.find(({ run, release }) => run === named || String(release) === named);
}

/** In promotion order, as the newest run knew it; what is no longer in the delivery comes last. */
export function inPromotionOrder(journal: ReadingHandle, environments: readonly string[]): string[] {
  const [newest] = journal.runs();
  const order = newest ? environmentsOf(journal, newest.run) : [];
  return [
    ...order.filter((name) => environments.includes(name)),
    ...environments.filter((name) => !order.includes(name)),
  ];
}

function environmentsOf(journal: ReadingHandle, run: string): string[] {
  for (const { event } of journal.loadRun(run)) {
    if (event.type === "run.created") return event.delivery.environments.map(({ name }) => name);
  }
  return [];
}
