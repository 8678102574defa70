import { DatabaseSync } from "node:sqlite";
import { isDeepStrictEqual } from "node:util";
import { deserialize, serialize } from "node:v8";
import { EngineBug } from "../engine/bug.ts";
import { takeCheckpoint } from "../engine/checkpoint.ts";
import { fold, runHistory } from "../engine/fold.ts";
import { checkpointShape } from "../engine/saved-state.ts";
import { emptyState } from "../engine/state.ts";
import { recordTables } from "./derived-tables.ts";
import { eventsOf, rowsOf } from "./event-rows.ts";
import { staleIndexes } from "./indexes.ts";
import { openJournalForReading } from "./journal-database.ts";
import { migrate } from "./migrations.ts";
import { recordWriter } from "./records.ts";
import { type StateFolder, stateFolder } from "./state-folder.ts";
import { openStoreForReading, type ReadingHandle } from "./store.ts";
import { asStoreError, damagedJournal } from "./store-error.ts";

export interface WholeJournal {
  runs: number;
  /** Tables and indexes that do not say what the events say; they are derived from them and can be derived again. */
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
    const isKept = foldAll(reader);
    const staleTables: string[] = recordTables.filter((table) => dump(database, table) !== dump(derived, table));
    if (!isKept) staleTables.push("checkpoint");
    staleTables.push(...indexesIn(database, folder));
    return { runs: reader.runs().length, staleTables };
  } catch (error) {
    if (error instanceof EngineBug) throw damagedJournal(folder.journal, error.message, error);
    throw asStoreError(error, folder.journal);
  } finally {
    derived.close();
    database.close();
  }
}

/** @throws {StoreError} */
function indexesIn(database: DatabaseSync, { journal }: StateFolder): string[] {
  try {
    return staleIndexes(database);
  } catch (error) {
    throw damagedJournal(journal, (error as Error).message, error);
  }
}

/** Folds every event; false when the checkpoint, where there is one that would be read, says something else. */
function foldAll(reader: ReadingHandle): boolean {
  const history = runHistory((run) => reader.loadRun(run));
  const checkpoint = reader.checkpoint();
  const state = emptyState();
  let isKept = true;
  for (const recorded of reader.load()) {
    fold(state, recorded, history);
    if (recorded.seq !== checkpoint?.facts.seq || checkpoint.shape !== checkpointShape) continue;
    isKept = isDeepStrictEqual(deserialize(serialize(takeCheckpoint(state))), checkpoint);
  }
  return isKept;
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
  return JSON.stringify(database.prepare(`select * from ${table} order by 1, 2, 3`).all());
}
