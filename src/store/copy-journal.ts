import { mkdirSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { openJournalForReading, syncFile } from "./journal-database.ts";
import { newestEvent, noteNewestEvent } from "./newest-event.ts";
import { requireJournal, stateFolder } from "./state-folder.ts";
import { asStoreError } from "./store-error.ts";

/**
 * A copy of the journal as it is at one moment, into a state folder that has none; others may write meanwhile. The number of the
 * newest event that is in it, 0 before the first. @throws {StoreError}
 */
export function copyJournal(from: string, to: string): number {
  const [source, copy] = [stateFolder(from), stateFolder(to)];
  requireJournal(source);
  const database = openJournalForReading(source);
  try {
    mkdirSync(copy.path, { recursive: true, mode: 0o700 });
    copyDatabase(database, copy.journal);
  } catch (error) {
    throw asStoreError(error, copy.journal);
  } finally {
    database.close();
  }
  const copied = new DatabaseSync(copy.journal);
  try {
    const newest = newestEvent(copied);
    noteNewestEvent(copy, newest);
    return newest?.seq ?? 0;
  } finally {
    copied.close();
  }
}

/** As it is at one moment, on the disk when this returns. */
export function copyDatabase(database: DatabaseSync, path: string): void {
  database.prepare("vacuum into ?").run(path);
  syncFile(path);
}
