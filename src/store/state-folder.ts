import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asStoreError, damageRemedy, StoreError } from "./store-error.ts";

/** What lies in a state folder; everything in it is Baton's own. */
export interface StateFolder {
  path: string;
  journal: string;
  /** Locked while somebody opens the journal to write: makes it, migrates it, takes a lease. Its content means nothing. */
  lock: string;
  /** The leases of those who write to the journal: a file for each, see lease.ts. */
  sessions: string;
  artifacts: string;
  /** How far the journal went when that was noted last, see newest-event.ts. */
  newestEvent: string;
}

export function stateFolder(path: string): StateFolder {
  return {
    path,
    journal: join(path, "journal.db"),
    lock: join(path, "lock.db"),
    sessions: join(path, "sessions"),
    artifacts: join(path, "artifacts"),
    newestEvent: join(path, "newest-event.json"),
  };
}

const ownEntries = new Set([
  "journal.db",
  "journal.db-wal",
  "lock.db",
  "newest-event.json",
  "folder-id",
  "following.json",
  "sessions",
  "artifacts",
  "logs",
  "checkouts",
  "spare",
  "server",
  ".gitignore",
]);

/** Makes the folder when it is not there; refuses a path that holds other people's files. */
export function createStateFolder(folder: StateFolder): void {
  try {
    mkdirSync(folder.path, { recursive: true });
    const entries = readdirSync(folder.path);
    if (entries.length > 0 && !entries.some((entry) => ownEntries.has(entry))) {
      throw new StoreError(
        "not-a-state-folder",
        `${folder.path} is not a state folder of Baton: it holds other files (${entries.slice(0, 3).join(", ")}). ` +
          "Nothing was changed. Name an empty or new folder for the state.",
      );
    }
    // The state is nobody's source code: git is told so here, whatever the repository's own .gitignore says.
    writeUnlessThere(join(folder.path, ".gitignore"), "*\n");
    mkdirSync(folder.sessions, { recursive: true });
  } catch (error) {
    throw asStoreError(error, folder.path);
  }
}

/** Refuses a folder in which no journal was ever begun, and one whose journal is gone while what it told of is there. */
export function requireJournal(folder: StateFolder): void {
  const size = sizeOf(folder.journal);
  if (size !== undefined && size > 0) return;
  const what = statSync(folder.path, { throwIfNoEntry: false });
  if (what !== undefined && !what.isDirectory()) {
    throw new StoreError(
      "not-a-state-folder",
      `${folder.path} is a file, not a state folder of Baton. Name the folder that holds the state.`,
    );
  }
  requireNothingLost(folder);
  throw new StoreError(
    "empty",
    `There is no journal in ${folder.path}: nothing was run here yet. Start with \`baton run\`.`,
  );
}

/** A journal may be begun only where nothing tells of one: with an empty one everything would be deployed again. */
export function requireNothingLost(folder: StateFolder): void {
  const traces = tracesOfRuns(folder);
  if (traces.length === 0) return;
  const is = sizeOf(folder.journal) === undefined ? "is gone" : "is empty";
  throw new StoreError(
    "damaged",
    `The journal ${folder.journal} ${is}, and with it what was deployed; still there: ${traces.join(", ")}. ${damageRemedy}`,
  );
}

/** What lies there only because something was run, in words. */
function tracesOfRuns(folder: StateFolder): string[] {
  const log = sizeOf(`${folder.journal}-wal`) ?? 0;
  const kept: [string, number][] = [
    ["logs", entriesOf(join(folder.path, "logs")).length],
    ["artifacts", entriesOf(join(folder.artifacts, "listings")).length],
    ["checkouts", entriesOf(join(folder.path, "checkouts")).length],
    ["its write-ahead log", log],
    ["the note of its newest event", sizeOf(folder.newestEvent) ?? 0],
  ];
  return kept.flatMap(([what, size]) => (size > 0 ? [what] : []));
}

/** The highest release whose logs are there, by the number in its run's id; 0 without any. */
export function newestLoggedRelease(folder: StateFolder): number {
  return newestRelease(entriesOf(join(folder.path, "logs")));
}

/** The highest release that anything in the folder but the journal was made for. */
export function newestTracedRelease(folder: StateFolder): number {
  return Math.max(newestLoggedRelease(folder), newestRelease(entriesOf(join(folder.path, "checkouts"))));
}

/** Names begin with a run's id, which carries the number of its release. */
export function newestRelease(names: readonly string[]): number {
  const numbers = names.map((name) => Number(/^r(\d+)(\.|$)/.exec(name)?.[1] ?? 0));
  return numbers.reduce((newest, number) => Math.max(newest, number), 0);
}

function entriesOf(path: string): string[] {
  return existsSync(path) ? readdirSync(path) : [];
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

function writeUnlessThere(path: string, content: string): void {
  if (!existsSync(path)) writeFileSync(path, content);
}
