import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { misshapenTables, recordTables } from "./derived-tables.ts";
import { requireWhole, rowsOf } from "./event-rows.ts";
import { lastRelease, type NewestEvent, notedNewestEvent } from "./newest-event.ts";
import { newestLoggedRelease, type StateFolder } from "./state-folder.ts";
import { asStoreError, damagedJournal, olderJournal } from "./store-error.ts";

/** How many of the newest events every command looks at: two or three milliseconds, however long the journal is. */
const lately = 300;

/** How long what was verified in this process need not be again while nobody writes, in milliseconds. */
const believedMs = 10_000;

/** In milliseconds. `performance` would be loaded for nothing else in most commands. */
const now = () => process.uptime() * 1000;

/** By path: what the files of a journal were when it was verified here, and when that was. */
const verified = new Map<string, { files: string; at: number }>();

/**
 * What every command verifies before it believes a journal: the newest events, those of every run that goes on, and that
 * the journal is not older than what lies beside it. The rest is verified where it is read, all of it by `baton doctor`.
 * @throws {StoreError}
 */
export function verifyLately(database: DatabaseSync, folder: StateFolder): void {
  // Before the journal is asked: a log is only begun when its run is in the journal, and only what is there is noted.
  const logged = newestLoggedRelease(folder);
  const noted = notedNewestEvent(folder);
  try {
    const [misshapen] = misshapenTables(database, recordTables);
    if (misshapen !== undefined) {
      throw damagedJournal(folder.journal, `its table "${misshapen}" is gone or is not one that Baton made`);
    }
    verifyEvents(database, folder);
    if (noted) requireNotOlder(database, folder, noted);
    if (logged > lastRelease(database)) {
      const run = `r${String(logged).padStart(4, "0")}`;
      throw damagedJournal(
        folder.journal,
        `it ends before run ${run}, whose logs are there, so its last events are lost`,
      );
    }
  } catch (error) {
    throw asStoreError(error, folder.journal);
  }
}

/** It goes at least as far as it did before, by the same way, but for what a repair has given up since. */
function requireNotOlder(database: DatabaseSync, { journal }: StateFolder, noted: NewestEvent): void {
  const begins = database.prepare("select max(seq) as seq from event where type = 'history.begins'").get()?.seq;
  if (Number(begins ?? 0) > noted.seq) return;
  const last = Number(database.prepare("select max(seq) as seq from event").get()?.seq ?? 0);
  if (last < noted.seq) {
    throw olderJournal(
      journal,
      `it ends with event ${last} and had gone on to event ${noted.seq}: it is an older copy, or its end is lost`,
    );
  }
  const chain = database.prepare("select chain from event where seq = ?").get(noted.seq)?.chain;
  if (chain === undefined || chain === noted.chain) return;
  throw olderJournal(
    journal,
    `event ${noted.seq} is another one than was written here: it is a copy of another journal`,
  );
}

/** A run opens its journal to plan, and again to write: the second time it is as it was. */
function verifyEvents(database: DatabaseSync, { journal }: StateFolder): void {
  const files = filesOf(journal);
  const before = verified.get(journal);
  if (before?.files === files && now() - before.at < believedMs) return;
  const verify = (wanted: Parameters<typeof rowsOf>[1]) => requireWhole(rowsOf(database, wanted), { path: journal });
  const last = Number(database.prepare("select max(seq) as seq from event").get()?.seq ?? 0);
  const first = Math.max(1, last - lately + 1);
  verify({ first });
  const open = database.prepare("select run, created_seq from run where finished_seq is null and created_seq < ?");
  for (const { run, created_seq } of open.all(first)) {
    verify({ where: "run = ?", values: [run as string], first: created_seq as number });
  }
  verified.set(journal, { files, at: now() });
}

/** The database and its write-ahead log, of which one without a byte is as good as none. */
function filesOf(journal: string): string {
  const each = [journal, `${journal}-wal`].map((path) => statSync(path, { throwIfNoEntry: false, bigint: true }));
  return each.map((file) => (file?.size ? `${file.ino} ${file.size} ${file.mtimeNs}` : "")).join(", ");
}
