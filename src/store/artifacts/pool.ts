import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LostContent } from "./artifact-error.ts";
import { digestOf } from "./listing.ts";
import type { Pack } from "./packing.ts";
import { digestOfFile } from "./pieces.ts";

/** What a store consists of. `files` and `listings` are named by digest, `packs` by the name of the pack. */
export type Kind = "files" | "packs" | "listings";

/**
 * What is stored, each content once, write-protected:
 *
 *     files/3f/3fa9…   a large file         packs/77d1…      small files, see packing.ts
 *     listings/3fa9…   an artifact, see listing.ts
 *     staging/…        not finished; never looked at, cleared with the garbage
 *
 * Something appears under its final name only when its whole content is on disk, so that a name is a promise.
 */
export class Pool {
  readonly folder: string;
  #canStage = false;

  constructor(folder: string) {
    this.folder = folder;
  }

  pathOf(kind: Kind, name: string): string {
    const hex = name.replace("sha256:", "");
    return kind === "files" ? join(this.folder, "files", hex.slice(0, 2), hex) : join(this.folder, kind, hex);
  }

  /** A new path in the staging folder. */
  stage(): string {
    const staging = join(this.folder, "staging");
    if (!this.#canStage) mkdirSync(staging, { recursive: true });
    this.#canStage = true;
    return join(staging, randomBytes(12).toString("hex"));
  }

  /** Gives what was staged, and is on disk, its final name. That is durable after `settle`. */
  name(staged: string, final: string): void {
    try {
      renameSync(staged, final);
    } catch {
      mkdirSync(dirname(final), { recursive: true });
      renameSync(staged, final);
    }
  }

  /** Makes these names durable; their content is already. */
  async settle(finals: Iterable<string>): Promise<void> {
    const folders = new Set<string>();
    for (const final of finals) {
      for (let at = dirname(final); ; at = dirname(at)) {
        folders.add(at);
        if (at === dirname(this.folder)) break;
      }
    }
    await Promise.all(Array.from(folders, syncFolder));
  }

  /** Whether exactly that lies there. What was damaged from outside is written anew by whoever makes it next. */
  holds(path: string, content: Buffer): boolean {
    try {
      return sizeAt(path) === content.length && readFileSync(path).equals(content);
    } catch {
      // Nobody can read it, or it has just been thrown away.
      return false;
    }
  }

  /** The same for a large file, which is read piece by piece. */
  async holdsFile(path: string, { digest, sizeBytes }: { digest: string; sizeBytes: number }): Promise<boolean> {
    try {
      return sizeAt(path) === sizeBytes && (await digestOfFile(path)) === digest;
    } catch {
      return false;
    }
  }

  /** Whether there is something under this name; a name is a promise, see above. */
  has(kind: Kind, name: string): boolean {
    return existsSync(this.pathOf(kind, name));
  }

  /** As it lies there. */
  findListing(digest: string): string | undefined {
    return this.has("listings", digest) ? readFileSync(this.pathOf("listings", digest), "utf8") : undefined;
  }

  async readListing(digest: string): Promise<string> {
    const content = await this.#read("listings", digest, digest);
    if (digestOf(content) !== digest) throw await this.discardListing(digest);
    return content.toString();
  }

  /** The content of a pack, every slice of it what its digest says. */
  async readPack(pack: Pack): Promise<Buffer> {
    const content = await this.#read("packs", pack.name, pack.slices[0]!.digest);
    const damaged = damagedIn(pack, content);
    if (damaged.length > 0) throw await this.discardPack(pack, damaged[0]!);
    return content;
  }

  async #read(kind: Kind, name: string, digest: string): Promise<Buffer> {
    try {
      return await readFile(this.pathOf(kind, name));
    } catch (error) {
      throw (error as NodeJS.ErrnoException).code === "ENOENT" ? LostContent.gone(digest) : error;
    }
  }

  /** Takes a large file away that breaks the promise of its name. Returns the error to throw. */
  discardFile(digest: string): Promise<LostContent> {
    return this.#discard("files", digest, digest, async (path) => (await digestOfFile(path)) === digest);
  }

  /** The same with a pack; `digest`: the content in it that is damaged. */
  discardPack(pack: Pack, digest: string): Promise<LostContent> {
    const isWhole = async (path: string) => damagedIn(pack, await readFile(path)).length === 0;
    return this.#discard("packs", pack.name, digest, isWhole);
  }

  discardListing(digest: string, even?: "whole or not"): Promise<LostContent> {
    const isWhole = async (path: string) => even === undefined && (await digestOfFile(path)) === digest;
    return this.#discard("listings", digest, digest, isWhole);
  }

  /**
   * So that whoever makes that content next stores it anew. It is looked at once more when nobody else can see it: another
   * process may just have stored it whole.
   */
  async #discard(kind: Kind, name: string, digest: string, isWhole: (path: string) => Promise<boolean>) {
    const aside = this.stage();
    try {
      await rename(this.pathOf(kind, name), aside);
      if (await isWhole(aside)) this.name(aside, this.pathOf(kind, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    } finally {
      await rm(aside, { force: true });
    }
    return LostContent.damaged(digest);
  }

  /** Removes something that is not needed. */
  remove(kind: Kind, name: string): void {
    rmSync(this.pathOf(kind, name));
  }
}

function sizeAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

/** The digests of slices that are not what they should be. */
export function damagedIn(pack: Pack, content: Buffer): string[] {
  return pack.slices
    .filter(({ digest, offset, sizeBytes }) => digestOf(content.subarray(offset, offset + sizeBytes)) !== digest)
    .map(({ digest }) => digest);
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
