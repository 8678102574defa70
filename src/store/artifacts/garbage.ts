import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { FilePool } from "./file-pool.ts";
import { readListing } from "./listing.ts";

/** What was thrown away. `bytes` counts file contents. */
export interface Garbage {
  artifacts: number;
  files: number;
}

/**
 * Removes every artifact that is not to be kept, then every file that no kept artifact has, then what was never finished.
 * The caller makes sure that nothing is stored or laid meanwhile. Killed half-way, it leaves no kept artifact incomplete.
 */
export async function throwAway(pool: FilePool, keep: ReadonlySet<string>): Promise<Garbage> {
  const garbage = { artifacts: 0, files: 0 };
  const needed = new Set<string>();
  for (const name of await namesIn(join(pool.folder, "listings"))) {
    const digest = `sha256:${name}`;
    if (keep.has(digest)) {
      for (const entry of readListing(await pool.readListing(digest))) {
        if (entry.kind === "file") needed.add(entry.digest);
      }
    } else {
      await rm(pool.pathOf("listings", digest));
      garbage.artifacts++;
    }
  }
  for (const bucket of await namesIn(join(pool.folder, "files"))) {
    for (const name of await namesIn(join(pool.folder, "files", bucket))) {
      const digest = `sha256:${name}`;
      if (needed.has(digest)) continue;
      await rm(pool.pathOf("files", digest));
      garbage.files++;
    }
  }
  for (const name of await namesIn(join(pool.folder, "staging"))) {
    await rm(join(pool.folder, "staging", name), { recursive: true });
  }
  return garbage;
}

/** Nothing where there is no folder. */
export async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
}
