import { copyFileSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { HistoryBegins, RunId } from "../engine/events.ts";
import { salvage } from "../engine/salvage.ts";
import { eventVersions } from "../engine/upcast.ts";
import { chainOf, chainStart, type StoredRow } from "./chain.ts";
import { misshapenTables } from "./derived-tables.ts";
import { eventOf, eventsOf, rowsOf } from "./event-rows.ts";
import { lockAlone } from "./folder-lock.ts";
import {
  createJournal,
  openJournalForReading,
  openJournalForWriting,
  recognise,
  syncFile,
} from "./journal-database.ts";
import { notedNewestEvent } from "./newest-event.ts";
import { rebuildRecords } from "./records.ts";
import { newestRelease, newestTracedRelease, requireJournal, type StateFolder, stateFolder } from "./state-folder.ts";
import { asStoreError, type StoreError } from "./store-error.ts";

export interface Repaired {
  /** Where the damaged journal lies now, with all that belongs to it; undefined when there was none. */
  aside: string | undefined;
  /** How many events are whole, and which are lost, as ranges of their numbers. */
  kept: number;
  lost: string;
  /** The last event before an end of the history that is lost; without it the history is known up to its end. */
  unknownAfter?: number;
  /** Runs that were open and are given up. */
  givenUp: RunId[];
  /** Attempts whose processes may still be there. */
  attempts: string[];
  nextRelease: number;
}

/**
 * Makes a journal that is whole out of one that is not: every event that is what was written, and then one that says what
 * is still known. The damaged file is copied aside first and nothing else in the folder is touched. Killed half-way it
 * leaves the damaged journal. `isDamaged` looks again when nobody else is there: undefined when somebody was faster. Throws
 * a `StoreError` when another Baton holds the folder or a newer one wrote it.
 */
export function repairJournal(
  statePath: string,
  { now, because, isDamaged }: { now: number; because: string; isDamaged(): boolean },
): Repaired | undefined {
  const folder = stateFolder(statePath);
  const lock = lockAlone(folder);
  let aside: string | undefined;
  try {
    if (!isDamaged()) return undefined;
    aside = putAside(folder, now);
    const { rows, last, runs, isEndKnown } = wholeRows(folder);
    const known = salvage(rows.map((row) => eventOf(row, folder.journal)));
    const noted = notedNewestEvent(folder);
    const traced = Math.max(newestTracedRelease(folder), noted?.release ?? 0);
    const released = Math.max(known.nextRelease - 1, newestRelease(runs));
    const isEndLost = !isEndKnown || traced > released || (noted?.seq ?? 0) > last;
    const atLeast = [
      ...(noted && noted.seq > last ? [`up to event ${noted.seq}`] : []),
      ...(traced > released ? [`run r${String(traced).padStart(4, "0")}`] : []),
    ];
    const missing = missingFrom(rows, last);
    const lost = isEndLost ? [...missing, endFrom(last, atLeast)] : missing;
    const begins: HistoryBegins = {
      type: "history.begins",
      run: "",
      nextRelease: Math.max(released, traced) + 1,
      deployed: known.deployed,
      newest: known.newest,
      freezes: known.freezes,
      text: `the journal was repaired: ${because}`,
    };
    const { run, type } = begins;
    // Behind everything that there ever was: no number is given to a second event.
    const seq = Math.max(last, noted?.seq ?? 0) + 1;
    const row = { seq, at: now, version: eventVersions[type], run, type, body: JSON.stringify(begins) };
    createJournal(folder, (database) => fill(database, [...rows, row], folder.journal));
    const { open, attempts } = known;
    return {
      aside,
      kept: rows.length,
      lost: lost.join(" and ") || "nothing",
      ...(isEndLost && { unknownAfter: last }),
      givenUp: open,
      attempts,
      nextRelease: begins.nextRelease,
    };
  } catch (error) {
    if (aside !== undefined) rmSync(aside, { recursive: true });
    throw asStoreError(error, folder.journal);
  } finally {
    lock.release();
  }
}

/**
 * Makes derived tables anew that are gone or of another shape, which needs nothing but whole events. Whether there were any.
 * @throws {StoreError}
 */
export function mendDerivedTables(statePath: string): boolean {
  const folder = stateFolder(statePath);
  requireJournal(folder);
  {
    using database = openJournalForReading(folder);
    if (misshapenTables(database).length === 0) return false;
  }
  rebuildJournalRecords(statePath);
  return true;
}

/** Derives the tables again that are derived from the events; those must be whole. */
export function rebuildJournalRecords(statePath: string): void {
  const folder = stateFolder(statePath);
  const lock = lockAlone(folder);
  try {
    const database = openJournalForWriting(folder);
    try {
      rebuildRecords(database, eventsOf(rowsOf(database, {}), { path: folder.journal }));
    } finally {
      database.close();
    }
  } finally {
    lock.release();
  }
}

/** Copies the journal and its log to a folder of their own. */
function putAside(folder: StateFolder, now: number): string | undefined {
  const files = ["", "-wal", "-shm"].map((end) => `${folder.journal}${end}`).filter((path) => existsSync(path));
  if (files.length === 0) return undefined;
  const aside = join(folder.path, `damaged-${new Date(now).toISOString().replace(/[:.]/g, "-")}`);
  mkdirSync(aside, { recursive: true });
  for (const file of files) {
    const copy = join(aside, basename(file));
    copyFileSync(file, copy);
    syncFile(copy);
  }
  return aside;
}

type Row = StoredRow & { chain: string | null };

interface Found {
  /** Rows that can be read and are what was written. */
  rows: Row[];
  /** The number of the last event that there ever was, as far as that is known. */
  last: number;
  /** Every run that any row names, damaged or not: its release must not be given to another one. */
  runs: RunId[];
  /** Whether the journal itself could tell which event is its last. */
  isEndKnown: boolean;
}

const nothing: Found = { rows: [], last: 0, runs: [], isEndKnown: false };

function wholeRows(folder: StateFolder): Found {
  if (!existsSync(folder.journal)) return nothing;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(folder.journal);
    return readAll(database, { version: recognise(database, folder) });
  } catch (error) {
    if (isDamage(error, folder)) return nothing;
    throw error;
  } finally {
    database?.close();
  }
}

/** After so many numbers in a row that cannot be read there is nothing more, when the journal itself cannot tell. */
const patience = 10_000;

/** Row by row, so that a torn page costs the rows that lie on it and no others. */
function readAll(database: DatabaseSync, { version }: { version: number }): Found {
  if (version === 0) return nothing;
  // Journals of the first version have no checksums: what can be read is taken as it is.
  const chain = version === 1 ? "null as chain" : "chain";
  const one = database.prepare(`select seq, at, version, run, type, ${chain}, body from event where seq = ?`);
  const end = lastSeq(database);
  const runs = new Set<RunId>();
  const rows: Row[] = [];
  let last = end ?? 0;
  let before: string | null = chainStart;
  for (let seq = 1, misses = 0; end === undefined ? misses < patience : seq <= end; seq++) {
    const row = tried(() => one.get(seq)) as Row | undefined;
    misses = row === undefined ? misses + 1 : 0;
    // After a hole that an earlier repair left, the chain goes on from the row before the hole.
    if (row === undefined) continue;
    last = Math.max(last, seq);
    runs.add(row.run);
    const isWhole = row.chain === null || chainOf(before ?? chainStart, row) === row.chain;
    if (isWhole && tried(() => JSON.parse(row.body)) !== undefined) rows.push(row);
    before = row.chain;
  }
  return { rows, last, runs: [...runs], isEndKnown: end !== undefined };
}

function lastSeq(database: DatabaseSync): number | undefined {
  const found = tried(() => database.prepare("select max(seq) as seq from event").get());
  return found && Number(found.seq ?? 0);
}

/** Undefined when the page that is asked for is torn. */
function tried<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function isDamage(error: unknown, folder: StateFolder): boolean {
  return (asStoreError(error, folder.journal) as Partial<StoreError>).code === "damaged";
}

/** What is lost of a history whose end nobody can tell, with what the folder tells of it. */
function endFrom(last: number, atLeast: readonly string[]): string {
  const end = last === 0 ? "an unknown number of events" : `an unknown number of events after event ${last}`;
  return atLeast.length === 0 ? end : `${end}, at least ${atLeast.join(" and ")}`;
}

/** "events 7 to 9, 12": those up to `last` that are not among the rows, if any. */
function missingFrom(rows: readonly StoredRow[], last: number): string[] {
  const ranges: string[] = [];
  const add = (from: number, to: number) => {
    if (from <= to) ranges.push(from === to ? `${from}` : `${from} to ${to}`);
  };
  let next = 1;
  for (const { seq } of rows) {
    add(next, seq - 1);
    next = seq + 1;
  }
  add(next, last);
  if (ranges.length === 0) return [];
  return [`${/^\d+$/.test(ranges.join()) ? "event" : "events"} ${ranges.join(", ")}`];
}

/** Writes the rows, chained anew over what is left, and derives the records from them. */
function fill(database: DatabaseSync, rows: readonly StoredRow[], path: string): void {
  const insert = database.prepare(
    "insert into event (seq, at, version, run, type, chain, body) values (?, ?, ?, ?, ?, ?, ?)",
  );
  let chain = chainStart;
  database.exec("begin");
  for (const row of rows) {
    chain = chainOf(chain, row);
    insert.run(row.seq, row.at, row.version, row.run, row.type, chain, row.body);
  }
  database.exec("commit");
  rebuildRecords(
    database,
    rows.map((row) => eventOf(row, path)),
  );
}
