import { join } from "node:path";
import { digestOfFile, type FilePool } from "./file-pool.ts";
import { namesIn } from "./garbage.ts";
import { inParallel } from "./in-parallel.ts";
import { readListing } from "./listing.ts";

/** What a look at every byte of an artifact store has found. */
export interface ArtifactsFound {
  artifacts: number;
  /** Stored files and listings whose content is not what their name promises. */
  damaged: { kind: "files" | "listings"; digest: string }[];
  /** Files that a listing names and that are not there. */
  missing: string[];
  /** Artifacts that cannot be laid out because of these. */
  incomplete: string[];
}

/** Reads everything that is stored; changes nothing. */
export async function findDamage(pool: FilePool): Promise<ArtifactsFound> {
  const found: ArtifactsFound = { artifacts: 0, damaged: [], missing: [], incomplete: [] };
  const stored = new Map<string, boolean>();
  for (const bucket of await namesIn(join(pool.folder, "files"))) {
    const names = await namesIn(join(pool.folder, "files", bucket));
    await inParallel(names, async (name) => {
      const digest = `sha256:${name}`;
      const isWhole = (await digestOfFile(pool.pathOf("files", digest))) === digest;
      stored.set(digest, isWhole);
      if (!isWhole) found.damaged.push({ kind: "files", digest });
    });
  }
  for (const name of await namesIn(join(pool.folder, "listings"))) {
    found.artifacts++;
    const digest = `sha256:${name}`;
    if ((await digestOfFile(pool.pathOf("listings", digest))) !== digest) {
      found.damaged.push({ kind: "listings", digest });
      found.incomplete.push(digest);
      continue;
    }
    const files = readListing(await pool.readListing(digest)).filter((entry) => entry.kind === "file");
    const missing = files.filter((file) => !stored.has(file.digest)).map((file) => file.digest);
    found.missing.push(...missing);
    if (missing.length > 0 || files.some((file) => stored.get(file.digest) === false)) found.incomplete.push(digest);
  }
  return found;
}
