import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { copyFile, opendir } from "node:fs/promises";
import { join, relative } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ArtifactStore } from "../../store/artifacts/artifact-store.ts";
import { copyDatabase, copyJournal } from "../../store/copy-journal.ts";
import { refused } from "../control.ts";

export interface BackupView {
  version: 1;
  /** Absolute. */
  folder: string;
  /** The newest event that is in it. */
  seq: number;
  /** Besides the journal. */
  files: number;
  artifacts: number;
  /** Artifacts that cannot be used, here as there, and are left out. */
  incomplete: number;
}

/**
 * A copy of the state folder into a folder that is new or empty, while runs go on. The journal comes first and as it is at one
 * moment; what it speaks of is there before it speaks of it and is never changed, so that it is in the copy as well. Left out is
 * what can be made again, or is somebody's who runs now: checkouts, locks, leases. @throws {Refused}
 */
export async function backUp(state: string, folder: string): Promise<BackupView> {
  const isWithin = !relative(state, folder).startsWith("..");
  if (isWithin || (existsSync(folder) && readdirSync(folder).length > 0)) {
    const because = isWithin ? "it lies in the state folder itself" : "there is something in it already";
    throw refused("not-empty", { subject: folder, because });
  }
  const seq = copyJournal(state, folder);
  try {
    const counts = { files: 0 };
    for (const name of copiedWhole) await copyTree(state, folder, { below: name, counts });
    const { artifacts, incomplete } = await new ArtifactStore(folder).inspect({ discard: true });
    return {
      version: 1,
      folder,
      seq,
      ...counts,
      artifacts: artifacts - incomplete.length,
      incomplete: incomplete.length,
    };
  } catch (error) {
    // Half a backup must not be taken for one.
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

const copiedWhole = [".gitignore", "artifacts", "logs", "checkouts", "server", "notices"] as const;

/** What another program is just writing goes by a name of its own until it is whole, and may be gone again. */
async function copyTree(
  from: string,
  to: string,
  { below, counts }: { below: string; counts: { files: number } },
): Promise<void> {
  const [source, copy] = [join(from, below), join(to, below)];
  if (!existsSync(source)) return;
  if (below === ".gitignore") return await copyFile(source, copy);
  mkdirSync(copy, { recursive: true, mode: 0o700 });
  for await (const entry of await opendir(source)) {
    const path = join(below, entry.name);
    // Of checkouts it is kept what runs work on, and not the files; of artifacts not what is unfinished.
    const isLeftOut = below === "checkouts" || path === join("artifacts", "staging");
    if (entry.isDirectory() && !isLeftOut) await copyTree(from, to, { below: path, counts });
    else if (entry.isFile()) await copyOne(path);
  }

  async function copyOne(path: string): Promise<void> {
    if (/\.db-(wal|shm)$/.test(path)) return;
    try {
      if (path.endsWith(".db")) copyOpen(join(from, path), join(to, path));
      else await copyFile(join(from, path), join(to, path));
      counts.files += 1;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
}

/** A database that a server may be writing to. */
function copyOpen(path: string, copy: string): void {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 10_000 });
  try {
    copyDatabase(database, copy);
  } finally {
    database.close();
  }
}
