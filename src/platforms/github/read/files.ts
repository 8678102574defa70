/** The edge of the reader: which files there are, and their bytes. Runs nothing, follows no link out of the tree. */

import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, realpathSync } from "node:fs";
import { join, sep } from "node:path";
import { type Decoded, decodeFile, MAX_FILE_SIZE, tooLarge } from "./decode.ts";

export class TreeFiles {
  readonly root: string;
  private readonly realRoot: string;

  constructor(root: string) {
    this.root = root;
    this.realRoot = realpathSync(root);
  }

  /** Names of workflow files in `.github/workflows`, sorted by code unit. */
  workflowPaths(): string[] {
    return this.names(".github/workflows")
      .filter((name) => /\.ya?ml$/.test(name))
      .map((name) => `.github/workflows/${name}`);
  }

  /** Reads a file by its path from the root; undefined where there is no such file. */
  read(path: string): Decoded | undefined {
    const absolute = join(this.root, path);
    let real: string;
    try {
      real = realpathSync(absolute);
    } catch {
      return undefined;
    }
    if (real !== this.realRoot && !real.startsWith(this.realRoot + sep)) {
      return { ok: false, path, reason: "the path is a link out of the repository: it was not followed" };
    }
    return readRegularFile(path, real);
  }

  names(folder: string): string[] {
    try {
      const real = realpathSync(join(this.root, folder));
      if (real !== this.realRoot && !real.startsWith(this.realRoot + sep)) return [];
      // Code unit order does not depend on where it runs.
      return readdirSync(real).sort((a, b) => (a < b ? -1 : 1));
    } catch {
      return [];
    }
  }
}

function readRegularFile(path: string, absolute: string): Decoded | undefined {
  let file: number;
  try {
    // Without O_NONBLOCK, opening a named pipe would wait for a writer.
    file = openSync(absolute, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    return { ok: false, path, reason: `the file cannot be opened (${(error as NodeJS.ErrnoException).code})` };
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) return undefined;
    if (stat.size > MAX_FILE_SIZE) return { ok: false, path, reason: tooLarge(stat.size) };
    return decodeFile(path, readUpTo(file, stat.size));
  } catch (error) {
    return { ok: false, path, reason: `the file cannot be read (${(error as NodeJS.ErrnoException).code})` };
  } finally {
    closeSync(file);
  }
}

function readUpTo(file: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let length = 0;
  while (length < size) {
    const got = readSync(file, bytes, length, size - length, null);
    if (got === 0) break;
    length += got;
  }
  return bytes.subarray(0, length);
}
