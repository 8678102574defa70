import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { LostContent } from "./artifact-error.ts";
import type { Entry } from "./entry.ts";
import { packsOf, smallBelowBytes } from "./packing.ts";
import { digestOfFile, pass } from "./pieces.ts";
import type { Pool } from "./pool.ts";

type FileEntry = Entry & { kind: "file" };

/** After so many files others may have their turn. */
const filesInOneGo = 64;

/**
 * Lays an artifact's entries at a path where nothing is. The copies share nothing with the store that a write could reach:
 * blocks are shared only by file systems that copy them on write. What arrives is checked, byte for byte.
 */
export async function layOut(pool: Pool, entries: readonly Entry[], to: string): Promise<void> {
  const small = new Map<string, FileEntry[]>();
  const large: FileEntry[] = [];
  for (const entry of entries) {
    if (entry.kind === "directory") makeFolder(join(to, entry.path));
    else if (entry.kind === "file" && entry.sizeBytes >= smallBelowBytes) large.push(entry);
    else if (entry.kind === "file") {
      const same = small.get(entry.digest);
      if (same === undefined) small.set(entry.digest, [entry]);
      else same.push(entry);
    }
  }
  let files = 0;
  for (const pack of packsOf(entries)) {
    const contents = await pool.readPack(pack);
    for (const { digest, offset, sizeBytes } of pack.slices) {
      for (const entry of small.get(digest)!) {
        writeFile(join(to, entry.path), contents.subarray(offset, offset + sizeBytes), modeOf(entry));
        if (++files % filesInOneGo === 0) await setImmediate();
      }
    }
  }
  for (const entry of large) await copyLarge(pool, entry, join(to, entry.path));
  // Last, so that no file can be written through one.
  for (const entry of entries) if (entry.kind === "link") symlinkSync(entry.target, join(to, entry.path));
}

const modeOf = ({ executable }: FileEntry) => (executable ? 0o755 : 0o644);

function makeFolder(path: string): void {
  mkdirSync(path);
  chmodSync(path, 0o755);
}

/** With its mode whatever the umask is. */
function writeFile(path: string, content: Buffer, mode: number): void {
  const descriptor = openSync(path, "wx", mode);
  try {
    writeFileSync(descriptor, content);
    fchmodSync(descriptor, mode);
  } finally {
    closeSync(descriptor);
  }
}

async function copyLarge(pool: Pool, entry: FileEntry, to: string): Promise<void> {
  const from = pool.pathOf("files", entry.digest);
  try {
    const digest = sharesBlocks(from, to) ? await digestOfFile(to) : await copyAndHash(from, to);
    if (digest !== entry.digest) throw await pool.discardFile(entry.digest);
    chmodSync(to, modeOf(entry));
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "ENOENT" ? LostContent.gone(entry.digest) : error;
  }
}

/** Whether the file system could make a copy that takes no time. */
function sharesBlocks(from: string, to: string): boolean {
  try {
    copyFileSync(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw error;
    rmSync(to, { force: true });
    return false;
  }
}

async function copyAndHash(from: string, to: string): Promise<string> {
  const source = openSync(from, "r");
  try {
    const target = openSync(to, "wx", 0o600);
    try {
      return (await pass(source, target)).digest;
    } finally {
      closeSync(target);
    }
  } finally {
    closeSync(source);
  }
}
