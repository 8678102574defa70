import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { applicationId, migrate, stateVersion } from "./migrations.ts";
import { requireNothingLost, type StateFolder } from "./state-folder.ts";
import { asStoreError, newerVersion, StoreError } from "./store-error.ts";

/** How long to wait for another process whose turn it is at this very moment, in milliseconds. */
const busyTimeoutMs = 10_000;

/**
 * Write-ahead log: readers work beside the writer. FULL: a commit has reached the disk when it returns. The log is moved
 * into the database early, every 100 pages, because from then on it is overwritten instead of growing, and syncing a
 * file that does not grow takes half the time. It is cut back after a large plan instead of keeping its size for ever.
 */
const writerSettings = `
  pragma journal_mode = wal;
  pragma synchronous = full;
  pragma wal_autocheckpoint = 100;
  pragma journal_size_limit = 16777216;`;

/** Opens the journal to write, makes or migrates it where needed. The caller holds the folder's lock. */
export function openJournalForWriting(folder: StateFolder): DatabaseSync {
  return opened(folder, () => {
    if (!existsSync(folder.journal) || statSync(folder.journal).size === 0) {
      requireNothingLost(folder);
      createJournal(folder);
    }
    const database = new DatabaseSync(folder.journal, { timeout: busyTimeoutMs });
    return checked(database, () => {
      const found = recognise(database, folder);
      database.exec(writerSettings);
      migrate(database, found);
    });
  });
}

/** Makes a journal under another name and moves it into place: it is there as a whole or not at all. */
export function createJournal(folder: StateFolder, fill: (database: DatabaseSync) => void = () => {}): void {
  const fresh = `${folder.journal}.new`;
  for (const left of [fresh, `${fresh}-wal`, `${fresh}-shm`]) rmSync(left, { force: true });
  const database = new DatabaseSync(fresh);
  try {
    // Synced once, when all of it is there, and not at each step.
    database.exec("pragma synchronous = off; pragma journal_mode = memory");
    migrate(database, 0);
    fill(database);
    database.exec("pragma journal_mode = wal");
  } finally {
    database.close();
  }
  syncFile(fresh);
  // What is left of another journal's log must not be taken for this one's.
  for (const left of [`${folder.journal}-wal`, `${folder.journal}-shm`]) rmSync(left, { force: true });
  // The new name reaches the disk with the first commit: SQLite syncs the folder when it makes the log.
  renameSync(fresh, folder.journal);
}

export function syncFile(path: string): void {
  const file = openSync(path, "r+");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Opens the journal to read, beside a running writer or alone. */
export function openJournalForReading(folder: StateFolder): DatabaseSync {
  return opened(folder, () => {
    try {
      return openToRead(folder, folder.journal);
    } catch (error) {
      if (!cannotShare(error) || existsSync(`${folder.journal}-wal`)) throw error;
      // Nobody writes and the folder is write-protected: SQLite cannot make the files it shares with writers.
      const url = pathToFileURL(folder.journal);
      url.searchParams.set("immutable", "1");
      return openToRead(folder, url);
    }
  });
}

/** SQLITE_READONLY or SQLITE_CANTOPEN, of a file that is there. */
function cannotShare(error: unknown): boolean {
  const { errcode = 0 } = error as { errcode?: number };
  return [8, 14].includes(errcode & 0xff);
}

function openToRead(folder: StateFolder, location: string | URL): DatabaseSync {
  const database = new DatabaseSync(location, { readOnly: true, timeout: busyTimeoutMs });
  return checked(database, () => requireCurrent(recognise(database, folder), folder));
}

/** The version of the journal, 0 for one that was never finished being made. Refuses what is not a journal. */
export function recognise(database: DatabaseSync, folder: StateFolder): number {
  const id = numberOf(database, "pragma application_id");
  const version = numberOf(database, "pragma user_version");
  const tables = numberOf(database, "select count(*) from sqlite_schema");
  if (id !== applicationId && (id !== 0 || version !== 0 || tables !== 0)) {
    throw new StoreError(
      "not-a-state-folder",
      `${folder.journal} is a database of another program. Nothing was changed. Use another state folder.`,
    );
  }
  if (version > stateVersion) throw newerVersion(folder.path, version);
  return version;
}

function requireCurrent(found: number, folder: StateFolder): void {
  if (found === stateVersion) return;
  if (found === 0) throw new StoreError("empty", `There is no journal in ${folder.path}: nothing was run here yet.`);
  throw new StoreError(
    "older-version",
    `${folder.path} was written by an older Baton (its state has version ${found}, this one reads ${stateVersion}), and ` +
      "it cannot be brought up to date now. Give this user the right to write there, then try again.",
  );
}

function numberOf(database: DatabaseSync, sql: string): number {
  return Number(Object.values(database.prepare(sql).get() ?? {})[0]);
}

function opened(folder: StateFolder, open: () => DatabaseSync): DatabaseSync {
  try {
    return open();
  } catch (error) {
    throw asStoreError(error, folder.journal);
  }
}

function checked(database: DatabaseSync, check: () => void): DatabaseSync {
  try {
    check();
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
