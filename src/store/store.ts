import type { DatabaseSync } from "node:sqlite";
import type { EngineEvent } from "../engine/events.ts";
import type { Store } from "../engine/ports.ts";
import { type Holder, holderOf, takeFolderLock } from "./folder-lock.ts";
import { openJournalForReading, openJournalForWriting } from "./journal-database.ts";
import { JournalReader } from "./journal-reader.ts";
import { JournalWriter } from "./journal-writer.ts";
import { type PostedRequest, watchRequests } from "./requests.ts";
import { createStateFolder, requireJournal, type StateFolder, stateFolder } from "./state-folder.ts";
import { asStoreError, StoreError } from "./store-error.ts";
import { verifyLately } from "./verify.ts";

/**
 * Opens the journal of a state folder to write, and makes the folder when it is new. Throws a `StoreError` when another
 * Baton holds it, when it was written by a newer Baton, or when it is no state folder; nothing is changed then.
 */
export function openStore(statePath: string): StoreHandle {
  const folder = stateFolder(statePath);
  createStateFolder(folder);
  const unlock = takeFolderLock(folder);
  let database: DatabaseSync | undefined;
  try {
    database = openJournalForWriting(folder);
    verifyLately(database, folder);
    return new StoreHandle(folder, database, unlock);
  } catch (error) {
    database?.close();
    unlock();
    throw asStoreError(error, folder.journal);
  }
}

/**
 * Opens the journal to read only, also while another Baton writes to it; one of an older version is brought up to date
 * first. Throws a `StoreError`, also when what every command looks at is damaged.
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
  let unlock: (() => void) | undefined;
  try {
    unlock = takeFolderLock(folder);
    openJournalForWriting(folder).close();
  } catch (error) {
    throw error instanceof StoreError && error.code === "unreadable" ? older : error;
  } finally {
    unlock?.();
  }
}

/** The Baton that writes to this state folder now, as far as it has said; undefined when there is none. */
export function storeHolder(statePath: string): Partial<Holder> | undefined {
  return holderOf(stateFolder(statePath));
}

export class ReadingHandle extends JournalReader {
  readonly folder: StateFolder;
  readonly #database: DatabaseSync;

  constructor(folder: StateFolder, database: DatabaseSync) {
    super(database, folder.journal);
    this.folder = folder;
    this.#database = database;
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** The one writer of a state folder. It can be asked everything that a reader can. */
export class StoreHandle extends ReadingHandle implements Store {
  readonly #database: DatabaseSync;
  readonly #writer: JournalWriter;
  readonly #unlock: () => void;
  #stopWatching: (() => void) | undefined;

  constructor(folder: StateFolder, database: DatabaseSync, unlock: () => void) {
    super(folder, database);
    this.#database = database;
    this.#writer = new JournalWriter(database, folder.journal);
    this.#unlock = unlock;
  }

  append(events: EngineEvent[], at: number): Promise<void> {
    return this.#writer.append(events, at);
  }

  /** Calls back once for each request of another process; see `PostedRequest.settle`. One listener at a time. */
  onRequest(listener: (posted: PostedRequest) => void): void {
    this.#stopWatching?.();
    this.#stopWatching = watchRequests({
      database: this.#database,
      doorbell: this.folder.doorbell,
      settle: (id) => this.#writer.settle(id),
      listener,
    });
  }

  /** Commits what was appended, then lets go of the folder. */
  override close(): void {
    this.#stopWatching?.();
    this.#writer.flush();
    super.close();
    this.#unlock();
  }
}
