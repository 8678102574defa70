import { stateVersion } from "./migrations.ts";

/** Why a state folder cannot be used. The message is for people: where, what, and what to do next. */
export type StoreErrorCode =
  | "in-use"
  | "empty"
  | "newer-version"
  | "older-version"
  | "not-a-state-folder"
  | "damaged"
  | "unreadable"
  | "disk-full"
  | "disk-broken"
  | "busy"
  | "refused"
  | "newer-copy"
  | "other-history"
  | "unreachable"
  | "no-driver"
  | "fenced"
  | "not-the-owner"
  | "follows";

export class StoreError extends Error {
  readonly code: StoreErrorCode;
  /** Of damage: what is wrong with the journal, without what to do about it. */
  readonly damage: string | undefined;

  constructor(code: StoreErrorCode, message: string, options: ErrorOptions & { damage?: string } = {}) {
    super(message, options);
    this.name = "StoreError";
    this.code = code;
    this.damage = options.damage;
  }
}

export function newerVersion(path: string, found: number): StoreError {
  return new StoreError(
    "newer-version",
    `${path} was written by a newer Baton: its state has version ${found}, this Baton knows version ${stateVersion}. ` +
      "Nothing was changed. Use the newer Baton, or another state folder.",
  );
}

/** What to do about damage. `doctor --repair` is tested to work for every damage that is told with these words. */
export const damageRemedy =
  "Nothing was changed. Restore it from a copy, or let `baton doctor --repair` keep what is whole and put the rest aside.";

export function damagedJournal(path: string, what: string, cause?: unknown): StoreError {
  return new StoreError("damaged", `The journal ${path} is damaged: ${what}. ${damageRemedy}`, { cause, damage: what });
}

/** A copy that was put back helps no more when it is the copy that is told of. */
export function olderJournal(path: string, what: string): StoreError {
  return new StoreError(
    "damaged",
    `The journal ${path} is not the newest: ${what}. ` +
      "Nothing was changed. Put back the newest one, or let `baton doctor --repair` go on from this one.",
    { damage: what },
  );
}

// Primary SQLite result codes, the low byte of the extended ones: https://sqlite.org/rescode.html
const sqlite = {
  error: 1,
  perm: 3,
  busy: 5,
  locked: 6,
  readonly: 8,
  ioerr: 10,
  corrupt: 11,
  full: 13,
  cantopen: 14,
  notadb: 26,
};

/** Puts words to what SQLite and the file system throw; anything else is a bug and is returned as it is. */
export function asStoreError(error: unknown, path: string): Error {
  if (error instanceof StoreError || !(error instanceof Error)) return error as Error;
  const { code, errcode } = error as { code?: string; errcode?: number };
  const because = { cause: error };
  const said = error.message;
  // Baton's own SQL is right for the tables and indexes that it made.
  const isOfOtherShape = /^no such (table|column|index)|^no query solution|has no column named/.test(said);
  switch (code === "ERR_SQLITE_ERROR" ? (isOfOtherShape ? sqlite.corrupt : (errcode ?? 0) & 0xff) : code) {
    case sqlite.full:
    case "ENOSPC":
    case "EDQUOT":
      return new StoreError(
        "disk-full",
        `The disk that holds ${path} is full: nothing more can be stored, and what was stored before is safe. ` +
          "Free some space, then `baton resume`.",
        because,
      );
    case sqlite.ioerr:
    case "EIO":
    case "EFBIG":
      return new StoreError(
        "disk-broken",
        `${path} cannot be read or written (${said}): nothing more is stored. ` +
          "Check the disk and the limits of this user (`ulimit -f`), then `baton resume`.",
        because,
      );
    case sqlite.notadb:
    case sqlite.corrupt:
      return new StoreError(
        "damaged",
        `${path} is not a journal of Baton, or it is damaged (${said}). ${damageRemedy}`,
        because,
      );
    case sqlite.busy:
    case sqlite.locked:
      return new StoreError(
        "busy",
        `${path} is locked by another program (a backup, or a SQLite shell that writes). End it and try again.`,
        because,
      );
    case "ENOTDIR":
    case "EEXIST":
      return new StoreError(
        "not-a-state-folder",
        `${path} is not a folder (${said}). Name a folder for the state.`,
        because,
      );
    case sqlite.perm:
    case sqlite.readonly:
    case sqlite.cantopen:
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new StoreError(
        "unreadable",
        `${path} cannot be opened (${said}). Check that this user may read and write it.`,
        because,
      );
    default:
      return error;
  }
}
