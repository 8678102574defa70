import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stateFolder } from "./state-folder.ts";
import { StoreError } from "./store-error.ts";

/** A state folder that is a copy of a journal that servers share. */
export interface Following {
  /** The server that has the folder. */
  process: number;
  /** For people: where the journal is. */
  place: string;
  delivery: string;
  /** How far the database is known to have come; 0 when that is not known. */
  change: number;
  /** Its own journal may go on further than the shared one: what was written here last never counted. */
  hasLed: boolean;
}

const kinds = { process: "number", place: "string", delivery: "string", change: "number", hasLed: "boolean" } as const;

/** @throws where it is none */
function read(text: string): Following {
  const found = JSON.parse(text) as Following;
  const wrong = Object.entries(kinds).find(([key, kind]) => typeof found[key as keyof Following] !== kind);
  if (wrong !== undefined) throw new TypeError(`${wrong[0]} is no ${wrong[1]}`);
  return found;
}

const fileIn = (statePath: string) => join(statePath, "following.json");

/** Undefined where the folder is its own. @throws {StoreError} where what is there cannot be read */
export function followingOf(statePath: string): Following | undefined {
  let text: string;
  try {
    text = readFileSync(fileIn(statePath), "utf8");
  } catch (error) {
    // What is no folder is told by who opens it.
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
  try {
    return read(text);
  } catch (cause) {
    throw new StoreError(
      "damaged",
      `${fileIn(statePath)} is damaged: it says which journal this folder is a copy of. Nothing was changed. ` +
        "Move the whole folder away, and the server that is started next copies the journal anew.",
      { cause },
    );
  }
}

export function noteFollowing(statePath: string, following: Following): void {
  const fresh = `${fileIn(statePath)}.${process.pid}`;
  writeFileSync(fresh, `${JSON.stringify(following)}\n`);
  renameSync(fresh, fileIn(statePath));
}

/** So far what this folder has is in the database, or has been. */
export function noteChange(statePath: string, change: number): void {
  const following = followingOf(statePath);
  if (following !== undefined) noteFollowing(statePath, { ...following, change });
}

/** Only the server writes to it: whatever else did would be in no other copy. @throws {StoreError} */
export function requireOwnFolder(statePath: string): void {
  const following = followingOf(statePath);
  if (following === undefined || following.process === process.pid) return;
  throw new StoreError(
    "follows",
    `${statePath} is a copy of ${following.place}, which servers share, and only they write to it. Nothing was changed. ` +
      "Do it through a server, or take the journal from them with `baton admin import`.",
  );
}

/** What a folder that has led holds of the journal may be more than what ever counted. Nobody uses it just now. */
export function dropJournal(statePath: string): void {
  const { journal, newestEvent } = stateFolder(statePath);
  for (const path of [journal, `${journal}-wal`, `${journal}-shm`, newestEvent]) rmSync(path, { force: true });
}

/** The folder is its own from now on. */
export function endFollowing(statePath: string): void {
  rmSync(fileIn(statePath), { force: true });
}
