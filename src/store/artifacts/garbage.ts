import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { readListing } from "./listing.ts";
import { largeFilesOf, packsOf } from "./packing.ts";
import type { Pool } from "./pool.ts";

/** What was thrown away: artifacts, and the files that held their contents. */
export interface Garbage {
  artifacts: number;
  files: number;
}

/**
 * Removes every artifact that is not to be kept, then every file and pack that no kept artifact has, then what was never finished.
 * The caller makes sure that nothing is stored or laid meanwhile. Killed half-way, it leaves no kept artifact incomplete.
 */
export async function throwAway(pool: Pool, keep: ReadonlySet<string>): Promise<Garbage> {
  const garbage = { artifacts: 0, files: 0 };
  const needed = new Set<string>();
  for (const name of await namesIn(join(pool.folder, "listings"))) {
    const digest = `sha256:${name}`;
    if (keep.has(digest)) {
      const entries = readListing(await pool.readListing(digest));
      for (const file of largeFilesOf(entries)) needed.add(file);
      for (const pack of packsOf(entries)) needed.add(pack.name);
    } else {
      pool.remove("listings", digest);
      garbage.artifacts++;
    }
  }
  for (const bucket of await namesIn(join(pool.folder, "files"))) {
    for (const name of await namesIn(join(pool.folder, "files", bucket))) {
      if (needed.has(`sha256:${name}`)) continue;
      pool.remove("files", name);
      garbage.files++;
    }
  }
  for (const name of await namesIn(join(pool.folder, "packs"))) {
    if (needed.has(name)) continue;
    pool.remove("packs", name);
    garbage.files++;
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
