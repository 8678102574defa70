import { DatabaseSync } from "node:sqlite";
import { EngineBug } from "../engine/bug.ts";
import { replay } from "../engine/fold.ts";
import { eventsOf, rowsOf } from "./event-rows.ts";
import { openJournalForReading } from "./journal-database.ts";
import { migrate } from "./migrations.ts";
import { recordWriter } from "./records.ts";
import { type StateFolder, stateFolder } from "./state-folder.ts";
import { openStoreForReading } from "./store.ts";
import { asStoreError, damagedJournal } from "./store-error.ts";

export interface WholeJournal {
  runs: number;
  /** Tables that do not say what the events say; they are derived from them and can be derived again. */
  staleTables: string[];
}

/**
 * Reads all of a journal: every event is what was written, and together they are a history that can have happened.
 * @throws {StoreError} at the first thing that is not so
 */
export function verifyWholeJournal(statePath: string): WholeJournal {
  const folder = stateFolder(statePath);
  using reader = openStoreForReading(statePath);
  const database = openJournalForReading(folder);
  const derived = new DatabaseSync(":memory:");
  try {
    migrate(derived, 0);
    deriveRecords(database, derived, folder);
    replay(reader.load());
    const staleTables = ["run", "deployment"].filter((table) => dump(database, table) !== dump(derived, table));
    return { runs: reader.runs().length, staleTables };
  } catch (error) {
    if (error instanceof EngineBug) throw damagedJournal(folder.journal, error.message, error);
    throw asStoreError(error, folder.journal);
  } finally {
    derived.close();
    database.close();
  }
}

function deriveRecords(database: DatabaseSync, derived: DatabaseSync, { journal }: StateFolder): void {
  const insert = derived.prepare(
    "insert into event (seq, at, version, run, type, chain, body) values (?, ?, ?, ?, ?, '', ?)",
  );
  const record = recordWriter(derived);
  for (const recorded of eventsOf(rowsOf(database, {}), { path: journal })) {
    const { seq, at, version, event } = recorded;
    // The records refer to the few events that say what was deployed, and to no others.
    if ("deployed" in event) insert.run(seq, at, version, event.run, event.type, JSON.stringify(event));
    record(recorded);
  }
}

function dump(database: DatabaseSync, table: string): string {
  return JSON.stringify(database.prepare(`select * from ${table} order by 1, 2, 3, 4`).all());
}
