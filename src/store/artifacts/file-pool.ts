import { createHash, randomBytes } from "node:crypto";
import { constants, existsSync } from "node:fs";
import { chmod, copyFile, mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LostContent } from "./artifact-error.ts";
import { digestOf } from "./listing.ts";
import type { OpenFile } from "./read-tree.ts";

const notThere = "is not in the artifact store";

/** Up to here a file is read whole; above, in pieces of this size. */
const pieceBytes = 1024 * 1024;

/**
 * Files by the digest of their content, each once, write-protected:
 *
 *     files/3f/3fa9…   the content          listings/3fa9…   an artifact, see listing.ts
 *     staging/…        not finished; never looked at, cleared with the garbage
 *
 * A file appears under its final name only when its whole content is on disk, so that a name is a promise.
 */
export class FilePool {
  readonly folder: string;
  #made: Promise<unknown> | undefined;

  constructor(folder: string) {
    this.folder = folder;
  }

  pathOf(kind: "files" | "listings", digest: string): string {
    const hex = digest.slice("sha256:".length);
    return kind === "files" ? join(this.folder, "files", hex.slice(0, 2), hex) : join(this.folder, "listings", hex);
  }

  /** A new path in the staging folder. */
  async stage(): Promise<string> {
    const staging = join(this.folder, "staging");
    this.#made ??= mkdir(staging, { recursive: true });
    await this.#made;
    return join(staging, randomBytes(12).toString("hex"));
  }

  /** Stores the content of an open file from its beginning. Durable after `settle`. */
  async keepFile(file: OpenFile): Promise<{ sizeBytes: number; digest: string }> {
    const first = Buffer.allocUnsafe(Math.min((await file.stat()).size, pieceBytes) + 1);
    const read = await fill(file, first, 0);
    if (read < first.length) {
      const content = first.subarray(0, read);
      const digest = digestOf(content);
      await this.keep("files", digest, content);
      return { sizeBytes: read, digest };
    }
    return this.#keepLarge(file, first);
  }

  /** Stores content that is in memory. Durable after `settle`. */
  async keep(kind: "files" | "listings", digest: string, content: Buffer): Promise<void> {
    const final = this.pathOf(kind, digest);
    if (await hasSize(final, content.length)) return;
    const staged = await this.stage();
    const file = await open(staged, "wx", 0o444);
    try {
      await file.writeFile(content);
      await file.sync();
      await moveInto(staged, final);
    } catch (error) {
      await rm(staged, { force: true });
      throw error;
    } finally {
      await file.close();
    }
  }

  async #keepLarge(source: OpenFile, first: Buffer): Promise<{ sizeBytes: number; digest: string }> {
    const staged = await this.stage();
    const hash = createHash("sha256");
    let sizeBytes = 0;
    const file = await open(staged, "wx", 0o444);
    try {
      const piece = Buffer.allocUnsafe(pieceBytes);
      for (let content = first; content.length > 0; content = piece.subarray(0, await fill(source, piece, sizeBytes))) {
        hash.update(content);
        await file.writeFile(content);
        sizeBytes += content.length;
      }
      const digest = `sha256:${hash.digest("hex")}`;
      const final = this.pathOf("files", digest);
      if (await hasSize(final, sizeBytes)) {
        await rm(staged);
      } else {
        await file.sync();
        await moveInto(staged, final);
      }
      return { sizeBytes, digest };
    } catch (error) {
      await rm(staged, { force: true });
      throw error;
    } finally {
      await file.close();
    }
  }

  /** Makes the names of these files durable; their content is already. */
  async settle(kind: "files" | "listings", digests: Iterable<string>): Promise<void> {
    const folders = new Set([...digests].map((digest) => join(this.pathOf(kind, digest), "..")));
    // An artifact without files has none to settle, and the folder for them may not be there yet.
    const above = folders.size === 0 ? [] : [join(this.folder, kind), this.folder, join(this.folder, "..")];
    for (const path of [...folders, ...above]) await syncFolder(path);
  }

  /**
   * Lays a copy of a stored file at a path where nothing is. The copy shares nothing with the store that a write could
   * reach: blocks are shared only by file systems that copy them on write. What arrives is checked, byte for byte.
   */
  async copyOut(options: { digest: string; sizeBytes: number; executable: boolean; to: string }): Promise<void> {
    const { digest, sizeBytes, executable, to } = options;
    const mode = executable ? 0o755 : 0o644;
    const from = this.pathOf("files", digest);
    try {
      if (sizeBytes <= pieceBytes) {
        const content = await readFile(from);
        if (digestOf(content) !== digest) throw await this.discard("files", digest);
        await writeFile(to, content, { flag: "wx", mode });
      } else {
        await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
        if ((await digestOfFile(to)) !== digest) throw await this.discard("files", digest);
      }
      await chmod(to, mode);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") throw new LostContent(digest, notThere);
      throw error;
    }
  }

  async readListing(digest: string): Promise<string> {
    const content = await readFile(this.pathOf("listings", digest)).catch((error: NodeJS.ErrnoException) => {
      throw error.code === "ENOENT" ? new LostContent(digest, notThere) : error;
    });
    if (digestOf(content) !== digest) throw await this.discard("listings", digest);
    return content.toString();
  }

  /** Whether there is something under this name; a name is a promise, see above. */
  has(kind: "files" | "listings", digest: string): boolean {
    return existsSync(this.pathOf(kind, digest));
  }

  /**
   * Takes away what breaks the promise of its name, so that whoever makes that content next stores it anew. It is looked
   * at once more when nobody else can see it: another process may just have stored it whole. Returns the error to throw.
   */
  async discard(kind: "files" | "listings", digest: string, even?: "whole or not"): Promise<LostContent> {
    const aside = await this.stage();
    try {
      await rename(this.pathOf(kind, digest), aside);
      if (even === undefined && (await digestOfFile(aside)) === digest)
        await moveInto(aside, this.pathOf(kind, digest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    } finally {
      await rm(aside, { force: true });
    }
    return new LostContent(digest, "was damaged in the artifact store");
  }
}

/** Reads until the buffer is full or the file ends; returns how many bytes. */
async function fill(file: OpenFile, buffer: Buffer, position: number): Promise<number> {
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, position + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
}

/** Size and digest of an open file, in pieces. */
export async function hashFile(file: OpenFile): Promise<{ sizeBytes: number; digest: string }> {
  const hash = createHash("sha256");
  const piece = Buffer.allocUnsafe(Math.min((await file.stat()).size + 1, pieceBytes));
  let sizeBytes = 0;
  for (let length = await fill(file, piece, 0); length > 0; length = await fill(file, piece, sizeBytes)) {
    hash.update(piece.subarray(0, length));
    sizeBytes += length;
  }
  return { sizeBytes, digest: `sha256:${hash.digest("hex")}` };
}

export async function digestOfFile(path: string): Promise<string> {
  const file = await open(path, "r");
  try {
    return (await hashFile(file)).digest;
  } finally {
    await file.close();
  }
}

/**
 * A stored file of another size was damaged from outside: it is written anew. One of the same size is found out when it
 * is laid out or by `baton doctor`, and is taken away then; reading every file here would cost as much as storing it.
 */
async function hasSize(path: string, sizeBytes: number): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.size === sizeBytes;
}

async function moveInto(staged: string, final: string): Promise<void> {
  try {
    await rename(staged, final);
  } catch {
    await mkdir(join(final, ".."), { recursive: true });
    await rename(staged, final);
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
