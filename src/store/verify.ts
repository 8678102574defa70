import type { DatabaseSync } from "node:sqlite";
import { misshapenTables, recordTables } from "./derived-tables.ts";
import { eventsOf, rowsOf } from "./event-rows.ts";
import { newestLoggedRelease, type StateFolder } from "./state-folder.ts";
import { asStoreError, damagedJournal } from "./store-error.ts";

/** How many of the newest events every command looks at: two or three milliseconds, however long the journal is. */
const lately = 300;

/**
 * What every command verifies before it believes a journal: the newest events, those of every run that goes on, and that
 * the journal is not older than what lies beside it. The rest is verified where it is read, all of it by `baton doctor`.
 * @throws {StoreError}
 */
export function verifyLately(database: DatabaseSync, folder: StateFolder): void {
  // Before the journal is asked: a log is only begun when its run is in the journal.
  const logged = newestLoggedRelease(folder);
  try {
    const [misshapen] = misshapenTables(database, recordTables);
    if (misshapen !== undefined) {
      throw damagedJournal(folder.journal, `its table "${misshapen}" is gone or is not one that Baton made`);
    }
    if (logged > lastRelease(database)) {
      const run = `r${String(logged).padStart(4, "0")}`;
      throw damagedJournal(
        folder.journal,
        `it ends before run ${run}, whose logs are there, so its last events are lost`,
      );
    }
    const last = Number(database.prepare("select max(seq) as seq from event").get()?.seq ?? 0);
    const first = Math.max(1, last - lately + 1);
    verify(database, folder, { first });
    const open = database.prepare("select run, created_seq from run where finished_seq is null and created_seq < ?");
    for (const { run, created_seq } of open.all(first)) {
      verify(database, folder, { where: "run = ?", values: [run as string], first: created_seq as number });
    }
  } catch (error) {
    throw asStoreError(error, folder.journal);
  }
}

function verify(database: DatabaseSync, { journal }: StateFolder, wanted: Parameters<typeof rowsOf>[1]): void {
  for (const _ of eventsOf(rowsOf(database, wanted), { path: journal }));
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
