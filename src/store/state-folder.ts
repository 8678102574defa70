import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asStoreError, StoreError } from "./store-error.ts";

/** What lies in a state folder; everything in it is Baton's own. */
export interface StateFolder {
  path: string;
  journal: string;
  /** Held open and locked by the one Baton that writes. Its content means nothing. */
  lock: string;
  /** Who holds the lock, for people. */
  holder: string;
  /** Written to by a process that posted a request, so that the writer looks at once. */
  doorbell: string;
  artifacts: string;
}

export function stateFolder(path: string): StateFolder {
  return {
    path,
    journal: join(path, "journal.db"),
    lock: join(path, "lock.db"),
    holder: join(path, "holder.json"),
    doorbell: join(path, "doorbell"),
    artifacts: join(path, "artifacts"),
  };
}

const ownEntries = new Set([
  "journal.db",
  "lock.db",
  "holder.json",
  "doorbell",
  "artifacts",
  "logs",
  "checkouts",
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
    writeUnlessThere(folder.doorbell, "");
  } catch (error) {
    throw asStoreError(error, folder.path);
  }
}

/** Refuses a folder in which no journal was ever begun. */
export function requireJournal(folder: StateFolder): void {
  if (existsSync(folder.journal)) return;
  const what = statSync(folder.path, { throwIfNoEntry: false });
  if (what !== undefined && !what.isDirectory()) {
    throw new StoreError(
      "not-a-state-folder",
      `${folder.path} is a file, not a state folder of Baton. Name the folder that holds the state.`,
    );
  }
  throw new StoreError(
    "empty",
    `There is no journal in ${folder.path}: nothing was run here yet. Start with \`baton run\`.`,
  );
}

function writeUnlessThere(path: string, content: string): void {
  if (!existsSync(path)) writeFileSync(path, content);
}
