import { type FileLock, takeFileLock } from "./file-lock.ts";
import { liveSessions, processOf } from "./lease.ts";
import type { StateFolder } from "./state-folder.ts";
import { StoreError } from "./store-error.ts";

/** How long to wait for others who are just opening the folder: to make or migrate a journal takes a moment. */
const patienceMs = 10_000;

/**
 * Held for as long as the journal is opened to write: while it is made or migrated and a lease is taken. Many may write at a
 * time, and only one may be at the door. A Baton of before that time holds it for as long as it runs.
 */
export function lockForOpening(folder: StateFolder): FileLock {
  const lock = takeFileLock(folder.lock, patienceMs);
  if (lock !== undefined) return lock;
  throw new StoreError(
    "in-use",
    `The state folder ${folder.path} is held by a Baton of a version that shares it with nobody. ` +
      "Wait until it ends, or use another state folder.",
  );
}

/** For whoever replaces the journal as a whole: nobody writes to it, and nobody begins to. */
export function lockAlone(folder: StateFolder): FileLock {
  const lock = lockForOpening(folder);
  const processes = liveSessions(folder).map(processOf);
  if (processes.length === 0) return lock;
  lock.release();
  throw new StoreError(
    "in-use",
    `The state folder ${folder.path} is in use by ${processes.length === 1 ? "another Baton" : "other Batons"}: ` +
      `process ${processes.join(", ")}. Wait until they end, watch them with \`baton status\`, or end them with \`baton cancel\`.`,
  );
}
