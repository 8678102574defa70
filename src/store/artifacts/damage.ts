import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { namesIn } from "./garbage.ts";
import { readListing } from "./listing.ts";
import { largeFilesOf, packsOf } from "./packing.ts";
import { digestOfFile } from "./pieces.ts";
import { damagedIn, type Pool } from "./pool.ts";

/** What a look at every byte of an artifact store has found. */
export interface ArtifactsFound {
  artifacts: number;
  /** Stored files whose content is not what their name promises. */
  damagedFiles: string[];
  /** Artifacts that cannot be laid out: their listing or a file of theirs is damaged, or a file is not there. */
  incomplete: string[];
}

/** Reads everything that is stored. What is damaged is taken away with `discard`, and each artifact that has it with it. */
export async function findDamage(pool: Pool, { discard }: { discard: boolean }): Promise<ArtifactsFound> {
  const whole = new Set<string>();
  const damaged = new Set<string>();
  for (const bucket of await namesIn(join(pool.folder, "files"))) {
    for (const name of await namesIn(join(pool.folder, "files", bucket))) {
      const digest = `sha256:${name}`;
      if ((await digestOfFile(pool.pathOf("files", digest))) === digest) whole.add(digest);
      else {
        damaged.add(digest);
        if (discard) await pool.discardFile(digest);
      }
    }
  }
  const looked = new Map<string, boolean>();
  const isPackWhole = async (pack: ReturnType<typeof packsOf>[number]): Promise<boolean> => {
    const content = await readFile(pool.pathOf("packs", pack.name)).catch(nothingThere);
    if (content === undefined) return false;
    const found = damagedIn(pack, content);
    for (const digest of found) damaged.add(digest);
    if (found.length > 0 && discard) await pool.discardPack(pack, found[0]!);
    return found.length === 0;
  };
  const isWhole = async (digest: string): Promise<boolean> => {
    const path = pool.pathOf("listings", digest);
    if ((await digestOfFile(path)) !== digest) return false;
    const entries = readListing(await readFile(path, "utf8"));
    let isComplete = [...largeFilesOf(entries)].every((file) => whole.has(file));
    for (const pack of packsOf(entries)) {
      if (!looked.has(pack.name)) looked.set(pack.name, await isPackWhole(pack));
      isComplete &&= looked.get(pack.name)!;
    }
    return isComplete;
  };
  const listings = (await namesIn(join(pool.folder, "listings"))).map((name) => `sha256:${name}`);
  const incomplete: string[] = [];
  for (const digest of listings) if (!(await isWhole(digest))) incomplete.push(digest);
  if (discard) for (const digest of incomplete) await pool.discardListing(digest, "whole or not");
  return { artifacts: listings.length, damagedFiles: [...damaged], incomplete };
}

function nothingThere(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
