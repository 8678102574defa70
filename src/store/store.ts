import type { DatabaseSync } from "node:sqlite";
import type { Recorded, RunId } from "../engine/events.ts";
import type { Lease, Store, Turn } from "../engine/ports.ts";
import { ensureCheckpointTable } from "./checkpoints.ts";
import type { FileLock } from "./file-lock.ts";
import { lockForOpening } from "./folder-lock.ts";
import { requireOwnFolder } from "./following.ts";
import { openJournalForReading, openJournalForWriting } from "./journal-database.ts";
import { JournalReader } from "./journal-reader.ts";
import { JournalWriter } from "./journal-writer.ts";
import { type HeldLease, isOnlySession, isSessionAlive, liveSessions, processOf, takeLease } from "./lease.ts";
import { newestEvent, noteNewestEvent } from "./newest-event.ts";
import { createStateFolder, requireJournal, type StateFolder, stateFolder } from "./state-folder.ts";
import { asStoreError, StoreError } from "./store-error.ts";
import { verifyLately } from "./verify.ts";

/** How often to look whether others have written, in milliseconds. A look that finds nothing takes some microseconds. */
const lookEveryMs = 100;

/**
 * Opens the journal of a state folder to write, beside others, and makes the folder when it is new. Throws a `StoreError`
 * when it was written by a newer Baton, is held by an older one that writes alone, or is no state folder; nothing is
 * changed then.
 */
export function openStore(statePath: string): StoreHandle {
  const folder = stateFolder(statePath);
  requireOwnFolder(statePath);
  createStateFolder(folder);
  const lock = lockForOpening(folder);
  let database: DatabaseSync | undefined;
  try {
    database = openJournalForWriting(folder);
    verifyLately(database, folder);
    ensureCheckpointTable(database);
    return new StoreHandle(folder, database, takeLease(folder));
  } catch (error) {
    database?.close();
    throw asStoreError(error, folder.journal);
  } finally {
    lock.release();
  }
}

/**
 * Opens the journal to read only, also while others write to it; one of an older version is brought up to date first.
 * Throws a `StoreError`, also when what every command looks at is damaged.
 */
export function openStoreForReading(statePath: string): ReadingHandle {
  const folder = stateFolder(statePath);
  requireJournal(folder);
  const database = openUpToDate(folder);
  try {
    verifyLately(database, folder);
    return new ReadingHandle(folder, database);
  } catch (error) {
    database.close();
    throw error;
  }
}

function openUpToDate(folder: StateFolder): DatabaseSync {
  try {
    return openJournalForReading(folder);
  } catch (error) {
    if (!isOlder(error)) throw error;
    migrateWhenAllowed(folder, error);
    return openJournalForReading(folder);
  }
}

function isOlder(error: unknown): error is StoreError {
  return error instanceof StoreError && error.code === "older-version";
}

function migrateWhenAllowed(folder: StateFolder, older: StoreError): void {
  let lock: FileLock | undefined;
  try {
    lock = lockForOpening(folder);
    openJournalForWriting(folder).close();
  } catch (error) {
    throw error instanceof StoreError && error.code === "unreadable" ? older : error;
  } finally {
    lock?.release();
  }
}

/** The processes that write to this state folder now. */
export function storeProcesses(statePath: string): number[] {
  return liveSessions(stateFolder(statePath)).map(processOf);
}

export class ReadingHandle extends JournalReader {
  readonly folder: StateFolder;
  readonly #database: DatabaseSync;

  constructor(folder: StateFolder, database: DatabaseSync) {
    super(database, folder.journal);
    this.folder = folder;
    this.#database = database;
  }

  /** Whether the process that owns a run is there, see `RunState.owner`. */
  isAlive(session: string): boolean {
    return isSessionAlive(this.folder, session);
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** One of those who write to a state folder. It can be asked everything that a reader can. */
export class StoreHandle extends ReadingHandle implements Store {
  readonly lease: Lease;
  readonly #database: DatabaseSync;
  readonly #held: HeldLease;
  readonly #writer: JournalWriter;
  #looking: NodeJS.Timeout | undefined;

  constructor(folder: StateFolder, database: DatabaseSync, lease: HeldLease) {
    super(folder, database);
    this.#database = database;
    this.lease = lease;
    this.#held = lease;
    this.#writer = new JournalWriter({
      database,
      path: folder.journal,
      folder: folder.path,
      readBehind: (seq) => [...this.loadBehind(seq)],
      checkpointKept: () => this.#note(),
      isAlone: () => isOnlySession(folder),
    });
  }

  runEvents(run: RunId): Iterable<Recorded> {
    return this.loadRun(run);
  }

  async *events(behind: number): AsyncGenerator<Recorded[]> {
    let batch: Recorded[] = [];
    let last = behind;
    for (const recorded of behind === 0 ? this.load() : this.loadBehind(behind)) {
      batch.push(recorded);
      last = recorded.seq;
      if (batch.length < 500) continue;
      yield batch;
      batch = [];
    }
    this.#writer.readUpTo(last);
    yield batch;
  }

  turn(take: (others: readonly Recorded[]) => Turn): Promise<void> {
    return this.#writer.turn(take);
  }

  /** Makes all turns durable that were asked for. */
  flush(): void {
    this.#writer.flush();
  }

  /** Looks now and then; a file system's own notices would also come for what is written here. One listener at a time. */
  watch(changed: () => void): () => void {
    clearInterval(this.#looking);
    this.#looking = setInterval(() => {
      if (this.#writer.hasNews()) changed();
    }, lookEveryMs);
    const looking = this.#looking;
    return () => clearInterval(looking);
  }

  /** It is a witness and no part of the history: without it less is noticed, and nothing is lost. */
  #note(): void {
    if (!this.#database.isOpen) return;
    try {
      noteNewestEvent(this.folder, newestEvent(this.#database));
    } catch {
      // The disk is full, or the folder is gone. Who cannot read or write the journal either is told so by the journal.
    }
  }

  /** Takes the turns that were asked for, then lets go of the journal and of the lease. */
  override close(): void {
    clearInterval(this.#looking);
    this.#writer.flush();
    this.#note();
    super.close();
    this.#held.release();
  }
}
