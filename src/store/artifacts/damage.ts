import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { digestOfFile, type FilePool } from "./file-pool.ts";
import { namesIn } from "./garbage.ts";
import { inParallel } from "./in-parallel.ts";
import { readListing } from "./listing.ts";

/** What a look at every byte of an artifact store has found. */
export interface ArtifactsFound {
  artifacts: number;
  /** Stored files whose content is not what their name promises. */
  damagedFiles: string[];
  /** Artifacts that cannot be laid out: their listing or a file of theirs is damaged, or a file is not there. */
  incomplete: string[];
}

/** Reads everything that is stored; changes nothing. */
export async function findDamage(pool: FilePool): Promise<ArtifactsFound> {
  const found: ArtifactsFound = { artifacts: 0, damagedFiles: [], incomplete: [] };
  const whole = new Set<string>();
  for (const bucket of await namesIn(join(pool.folder, "files"))) {
    const names = await namesIn(join(pool.folder, "files", bucket));
    await inParallel(names, async (name) => {
      const digest = `sha256:${name}`;
      if ((await digestOfFile(pool.pathOf("files", digest))) === digest) whole.add(digest);
      else found.damagedFiles.push(digest);
    });
  }
  for (const name of await namesIn(join(pool.folder, "listings"))) {
    found.artifacts++;
    const digest = `sha256:${name}`;
    if (!(await isWhole(pool, digest, whole))) found.incomplete.push(digest);
  }
  return found;
}

async function isWhole(pool: FilePool, digest: string, files: ReadonlySet<string>): Promise<boolean> {
  const path = pool.pathOf("listings", digest);
  if ((await digestOfFile(path)) !== digest) return false;
  return readListing(await readFile(path, "utf8")).every((entry) => entry.kind !== "file" || files.has(entry.digest));
}
