import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { DatabaseSync } from "node:sqlite";
import type { StateFolder } from "./state-folder.ts";
import { asStoreError, StoreError } from "./store-error.ts";

/** Who writes to a state folder. `since` is milliseconds since the epoch. */
export interface Holder {
  pid: number;
  host: string;
  since: number;
}

/**
 * The locks of this process. Without it, a lock whose store nobody refers to any more would be closed, and so given up,
 * by the garbage collector while the process goes on.
 */
const held = new Set<DatabaseSync>();

/**
 * Takes the folder for this process, or refuses at once and names who has it. The lock is one of the operating system
 * on an empty SQLite file: the kernel lets go of it when the process dies, however it dies, so nothing is ever left
 * behind and no process number has to be believed. Returns what lets go.
 */
export function takeFolderLock(folder: StateFolder): () => void {
  // Long enough for a process that only looks who holds the lock, see `holderOf`.
  const database = open(folder, 200);
  try {
    // Nothing is ever written, so there is nothing to roll back and no file needed for it.
    database.exec("pragma journal_mode = memory; begin exclusive");
  } catch (error) {
    database.close();
    if (isBusy(error)) throw inUse(folder);
    throw asStoreError(error, folder.lock);
  }
  try {
    const holder: Holder = { pid: process.pid, host: hostname(), since: Date.now() };
    writeFileSync(`${folder.holder}.new`, `${JSON.stringify(holder)}\n`);
    renameSync(`${folder.holder}.new`, folder.holder);
  } catch (error) {
    database.close();
    throw asStoreError(error, folder.holder);
  }
  held.add(database);
  return () => {
    if (held.delete(database)) database.close();
  };
}

/** Who holds the folder now; undefined when nobody does. Looks for an instant and takes nothing. */
export function holderOf(folder: StateFolder): Partial<Holder> | undefined {
  if (!existsSync(folder.lock)) return undefined;
  const database = open(folder, 0);
  try {
    database.exec("begin; select count(*) from sqlite_schema; rollback");
    return undefined;
  } catch (error) {
    if (isBusy(error)) return readHolder(folder);
    throw asStoreError(error, folder.lock);
  } finally {
    database.close();
  }
}

function open(folder: StateFolder, timeout: number): DatabaseSync {
  try {
    return new DatabaseSync(folder.lock, { timeout });
  } catch (error) {
    throw asStoreError(error, folder.lock);
  }
}

function inUse(folder: StateFolder): StoreError {
  const { pid, host, since } = readHolder(folder);
  const who = pid === undefined ? "" : `: process ${pid} on ${host}, since ${new Date(since ?? 0).toISOString()}`;
  return new StoreError(
    "in-use",
    `The state folder ${folder.path} is in use by another Baton${who}. ` +
      "Wait until it ends, watch it with `baton status`, end it with `baton cancel`, or use another state folder.",
  );
}

/** Empty when the holder has not written its name yet. */
function readHolder(folder: StateFolder): Partial<Holder> {
  try {
    return JSON.parse(readFileSync(folder.holder, "utf8"));
  } catch {
    return {};
  }
}

function isBusy(error: unknown): boolean {
  return ((error as { errcode?: number }).errcode ?? 0) % 256 === 5;
}
