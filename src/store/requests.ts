import { type FSWatcher, utimesSync, watch } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import type { RunId } from "../engine/events.ts";
import { openJournalForPosting } from "./journal-database.ts";
import { requireJournal, stateFolder } from "./state-folder.ts";
import { asStoreError } from "./store-error.ts";

/** What another process asks of the Baton that holds the folder. */
export type Request =
  | { kind: "cancel"; run: RunId; mode: "graceful" | "now"; by: string }
  | {
      kind: "answer";
      run: RunId;
      environment: string;
      answer: "approved" | "rejected";
      by: string;
      comment?: string;
    };

export interface PostedRequest {
  request: Request;
  postedAt: number;
  /**
   * Forgets the request together with the events that are appended in the same turn: both are durable, or neither and
   * the request comes again with the next Baton. Called for requests that need no event as well.
   */
  settle(): Promise<void>;
}

/** Leaves a durable request for the Baton that holds the folder, or that will hold it next. */
export function postRequest(statePath: string, request: Request): void {
  const folder = stateFolder(statePath);
  requireJournal(folder);
  const database = openJournalForPosting(folder);
  try {
    database.prepare("insert into request (posted_at, body) values (?, ?)").run(Date.now(), JSON.stringify(request));
  } catch (error) {
    throw asStoreError(error, folder.journal);
  } finally {
    database.close();
  }
  ring(folder.doorbell);
}

// Without the doorbell the request is found as well, only later.
function ring(doorbell: string): void {
  const now = new Date();
  try {
    utimesSync(doorbell, now, now);
  } catch {}
}

const lookEveryMs = 500;

/**
 * Calls back once for each request, oldest first, those that were waiting before the call included. Looks when the
 * doorbell rings, and every half second for file systems that do not tell. Keeps no process alive. Returns what stops it.
 */
export function watchRequests(options: {
  database: DatabaseSync;
  doorbell: string;
  settle: (id: number) => Promise<void>;
  listener: (posted: PostedRequest) => void;
}): () => void {
  const { database, doorbell, settle, listener } = options;
  // Counts the commits of other processes only: nothing is read while nobody else has written.
  const changes = database.prepare("pragma data_version");
  const posted = database.prepare("select id, posted_at, body from request where id > ? order by id");
  let seenChange: unknown;
  let seenId = 0;

  function look(): void {
    const change = changes.get()?.data_version;
    if (change === seenChange) return;
    seenChange = change;
    for (const row of posted.all(seenId)) {
      const id = row.id as number;
      seenId = id;
      listener({
        request: JSON.parse(row.body as string),
        postedAt: row.posted_at as number,
        settle: () => settle(id),
      });
    }
  }

  const watcher = watchQuietly(doorbell, look);
  const timer = setInterval(look, lookEveryMs).unref();
  const first = setImmediate(look);
  return () => {
    watcher?.close();
    clearInterval(timer);
    clearImmediate(first);
  };
}

/** Undefined where files cannot be watched (too many watches, some network file systems): the interval is enough. */
function watchQuietly(path: string, look: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(path, { persistent: false }, look);
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
