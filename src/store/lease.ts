import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { SessionId } from "../engine/events.ts";
import type { Lease } from "../engine/ports.ts";
import { isFileLocked, takeFileLock } from "./file-lock.ts";
import type { StateFolder } from "./state-folder.ts";
import { StoreError } from "./store-error.ts";

export interface HeldLease extends Lease {
  release(): void;
}

/**
 * A lease of this process: a file that it keeps locked. To be called while the folder's lock is held, so that nobody clears
 * a file away that was made and is not yet locked.
 */
export function takeLease(folder: StateFolder): HeldLease {
  clearAway(folder);
  const mine = newSession();
  const path = pathOf(folder, mine);
  const lock = takeFileLock(path, 0);
  if (lock === undefined) throw new StoreError("busy", `${path} was just made and is locked by another program.`);
  return {
    mine,
    // One that was taken away from outside is lost, and somebody else may go on with its runs.
    isAlive: (session) => (session === mine ? existsSync(path) : isSessionAlive(folder, session)),
    release() {
      lock.release();
      rmSync(path, { force: true });
    },
  };
}

/** Whether the process of this session is there. */
export function isSessionAlive(folder: StateFolder, session: SessionId): boolean {
  const path = pathOf(folder, session);
  return existsSync(path) && isFileLocked(path);
}

/** Those who are there. */
export function liveSessions(folder: StateFolder): SessionId[] {
  if (!existsSync(folder.sessions)) return [];
  const sessions = readdirSync(folder.sessions).map((name) => decodeURIComponent(name.slice(0, -".db".length)));
  return sessions.filter((session) => isSessionAlive(folder, session));
}

/** Whether nobody but one session is there, or was a moment ago: its lease is still in the folder then. */
export function isOnlySession(folder: StateFolder): boolean {
  return readdirSync(folder.sessions).filter((name) => name.endsWith(".db")).length <= 1;
}

/** The number of its process, on the machine that it runs on. */
export function processOf(session: SessionId): number {
  return Number.parseInt(session, 10);
}

/** For people as well: the process and the machine, then something that no other session has. */
function newSession(): SessionId {
  const host = hostname()
    .replaceAll(/[^\w.-]/g, "-")
    .slice(0, 40);
  return `${process.pid}-${host}-${randomBytes(4).toString("hex")}`;
}

function pathOf(folder: StateFolder, session: SessionId): string {
  return join(folder.sessions, `${encodeURIComponent(session)}.db`);
}

/** What sessions that are gone had no time to remove. */
function clearAway(folder: StateFolder): void {
  for (const name of readdirSync(folder.sessions)) {
    const path = join(folder.sessions, name);
    if (!isFileLocked(path)) rmSync(path, { force: true });
  }
}
