import { existsSync, statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { chainStart } from "./chain.ts";
import { type ChainedRow, eventOf } from "./event-rows.ts";
import type { FileLock } from "./file-lock.ts";
import { lockAlone } from "./folder-lock.ts";
import { createJournal, openJournalForReading, openJournalForWriting } from "./journal-database.ts";
import { atATime, type Head, type JournalRows, type JournalRowsWriter, mostBytes } from "./journal-rows.ts";
import { noteCopiedEvents } from "./newest-event.ts";
import { recordWriter } from "./records.ts";
import { createStateFolder, requireJournal, type StateFolder, stateFolder } from "./state-folder.ts";
import { asStoreError, StoreError } from "./store-error.ts";

/** The rows of a state folder to read, while others may write to it. @throws {StoreError} */
export function rowsOfFolder(statePath: string): JournalRows {
  const folder = stateFolder(statePath);
  requireJournal(folder);
  return new FolderRows(folder, openJournalForReading(folder));
}

/**
 * A state folder that nobody else uses, to copy rows into; it is made when it is new, and its journal when it is gone.
 * @throws {StoreError}
 */
export function writeRowsOfFolder(statePath: string): JournalRowsWriter {
  const folder = stateFolder(statePath);
  createStateFolder(folder);
  const lock = lockAlone(folder);
  try {
    // Where the journal is lost, this is what brings it back.
    if (!existsSync(folder.journal) || statSync(folder.journal).size === 0) createJournal(folder);
    return new FolderRowsWriter(folder, openJournalForWriting(folder), lock);
  } catch (error) {
    lock.release();
    throw asStoreError(error, folder.journal);
  }
}

class FolderRows implements JournalRows {
  readonly place: string;
  protected readonly folder: StateFolder;
  protected readonly database: DatabaseSync;

  constructor(folder: StateFolder, database: DatabaseSync) {
    this.place = folder.journal;
    this.folder = folder;
    this.database = database;
  }

  async head(): Promise<Head> {
    return this.guarded(() => {
      const last = this.database.prepare("select seq, chain from event order by seq desc limit 1").get();
      return { seq: Number(last?.seq ?? 0), chain: String(last?.chain ?? chainStart) };
    });
  }

  async *rowsBehind(seq: number): AsyncGenerator<readonly ChainedRow[]> {
    const batch = this.database.prepare(
      `select seq, at, version, run, type, chain, body from event where seq > ? order by seq limit ${atATime}`,
    );
    for (let last = seq; ; ) {
      const rows: ChainedRow[] = [];
      this.guarded(() => {
        let bytes = 0;
        for (const row of batch.iterate(last) as Iterable<unknown>) {
          rows.push(row as ChainedRow);
          bytes += Buffer.byteLength((row as ChainedRow).body);
          if (bytes >= mostBytes) return;
        }
      });
      if (rows.length === 0) return;
      yield rows;
      last = rows.at(-1)!.seq;
    }
  }

  async chainAt(seq: number): Promise<string | undefined> {
    return this.guarded(() => this.database.prepare("select chain from event where seq = ?").get(seq)?.chain as string);
  }

  async close(): Promise<void> {
    this.database.close();
  }

  protected guarded<Result>(ask: () => Result): Result {
    try {
      return ask();
    } catch (error) {
      throw asStoreError(error, this.place);
    }
  }
}

class FolderRowsWriter extends FolderRows implements JournalRowsWriter {
  readonly #lock: FileLock;

  constructor(folder: StateFolder, database: DatabaseSync, lock: FileLock) {
    super(folder, database);
    this.#lock = lock;
  }

  async append(rows: readonly ChainedRow[]): Promise<void> {
    const { database } = this;
    const last = (await this.head()).seq;
    this.guarded(() => {
      if (!database.isTransaction) database.exec("begin immediate");
      if (rows[0] !== undefined && rows[0].seq <= last) throw notBehind(this.place, last, rows[0].seq);
      const insert = database.prepare(
        "insert into event (seq, at, version, run, type, chain, body) values (?, ?, ?, ?, ?, ?, ?)",
      );
      const record = recordWriter(database);
      for (const row of rows) {
        insert.run(row.seq, row.at, row.version, row.run, row.type, row.chain, row.body);
        record(eventOf(row, this.place));
      }
    });
  }

  async commit(): Promise<void> {
    this.guarded(() => {
      if (this.database.isTransaction) this.database.exec("commit");
      noteCopiedEvents(this.folder, this.database);
    });
  }

  override async close(): Promise<void> {
    if (this.database.isTransaction) this.database.exec("rollback");
    await super.close();
    this.#lock.release();
  }
}

/** Two who copy to one place, or a mistake of ours: what is there already is never written over. */
export function notBehind(place: string, last: number, first: number): StoreError {
  return new StoreError(
    "other-history",
    `${place} ends with event ${last}, so event ${first} cannot be added to it. Nothing was changed. Try again.`,
  );
}
