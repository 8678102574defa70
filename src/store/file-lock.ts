import { DatabaseSync } from "node:sqlite";
import { asStoreError } from "./store-error.ts";

/**
 * Locks of the operating system on empty SQLite files. The kernel lets go of them when the process dies, however it dies,
 * so nothing is ever left behind and no process number has to be believed.
 */
export interface FileLock {
  release(): void;
}

/**
 * The locks of this process. Without it, a lock that nobody refers to any more would be closed, and so given up, by the
 * garbage collector while the process goes on.
 */
const held = new Set<DatabaseSync>();

/** Undefined when another process has it and keeps it for longer than `waitMs`. @throws {StoreError} */
export function takeFileLock(path: string, waitMs: number): FileLock | undefined {
  const database = open(path, waitMs);
  try {
    // Nothing is ever written, so there is nothing to roll back and no file needed for it.
    database.exec("pragma journal_mode = memory; begin exclusive");
  } catch (error) {
    database.close();
    if (isBusy(error)) return undefined;
    throw asStoreError(error, path);
  }
  held.add(database);
  return {
    release() {
      if (held.delete(database)) database.close();
    },
  };
}

/** Whether some process, this one included, has the lock. Looks for an instant and takes nothing. The file must be there. */
export function isFileLocked(path: string): boolean {
  const database = open(path, 0);
  try {
    database.exec("begin; select count(*) from sqlite_schema; rollback");
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw asStoreError(error, path);
  } finally {
    database.close();
  }
}

function open(path: string, timeout: number): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout });
  } catch (error) {
    throw asStoreError(error, path);
  }
}

function isBusy(error: unknown): boolean {
  return ((error as { errcode?: number }).errcode ?? 0) % 256 === 5;
}
