import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { syncFile } from "./journal-database.ts";
import type { StateFolder } from "./state-folder.ts";

/** The newest event of a journal: its number, its checksum, and the newest release at that time. */
export interface NewestEvent {
  seq: number;
  chain: string;
  release: number;
}

/** Undefined before the first event. */
export function newestEvent(database: DatabaseSync): NewestEvent | undefined {
  const row = database.prepare("select seq, chain from event order by seq desc limit 1").get();
  return row && { seq: Number(row.seq), chain: String(row.chain), release: lastRelease(database) };
}

/**
 * Keeps beside the journal how far it goes, so that an older copy in its place is noticed. Written now and then, and only of
 * what is durable: the journal may well go further, and never less far. A kill between the two makes no difference.
 */
export function noteNewestEvent(folder: StateFolder, newest: NewestEvent | undefined): void {
  if (newest === undefined || newest.chain === notedNewestEvent(folder)?.chain) return;
  const fresh = `${folder.newestEvent}.${process.pid}`;
  writeFileSync(fresh, `${JSON.stringify(newest)}\n`);
  syncFile(fresh);
  renameSync(fresh, folder.newestEvent);
}

/**
 * The same for a journal into which rows were copied: where it lacks what was noted, the note stays, as the one witness of it that
 * there is. Who opens the journal next is told.
 */
export function noteCopiedEvents(folder: StateFolder, database: DatabaseSync): void {
  const noted = notedNewestEvent(folder);
  const chain = noted && database.prepare("select chain from event where seq = ?").get(noted.seq)?.chain;
  if (chain === noted?.chain) noteNewestEvent(folder, newestEvent(database));
}

/** What was noted last; undefined when nothing was, or nothing that can be read. */
export function notedNewestEvent(folder: StateFolder): NewestEvent | undefined {
  try {
    const { seq, chain, release } = JSON.parse(readFileSync(folder.newestEvent, "utf8"));
    const isWhole = Number.isSafeInteger(seq) && typeof chain === "string" && Number.isSafeInteger(release);
    return isWhole ? { seq, chain, release } : undefined;
  } catch {
    return undefined;
  }
}

/** The number of the newest release that is known to have been given to a run, 0 before the first. */
export function lastRelease(database: DatabaseSync): number {
  const row = database
    .prepare(
      `select max(
         coalesce((select max(release) from run), 0),
         coalesce((select body ->> 'nextRelease' - 1 from event where type = 'history.begins' order by seq desc limit 1), 0)
       ) as release`,
    )
    .get();
  return row?.release as number;
}
