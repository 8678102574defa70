import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  type Stats,
} from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { ArtifactError, entryName } from "./artifact-error.ts";
import type { Entry } from "./entry.ts";
import { inListingOrder } from "./listing.ts";

/** Reads one regular file that is open at its beginning, stores it and says what it was. */
export type KeepFile = (file: { descriptor: number; sizeBytes: number }) => Kept | Promise<Kept>;
export interface Kept {
  sizeBytes: number;
  digest: string;
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

/** After so many files others may have their turn: what is small is read at once, which is many times faster. */
const filesInOneGo = 64;

/**
 * Lists a file or folder in the order of a listing, handing every regular file to `keep` in that order. Follows no link;
 * refuses what is neither file nor folder. `leaveOut` is asked for what lies right below the root.
 */
export async function readTree(
  root: string,
  keep: KeepFile,
  leaveOut: (name: string) => boolean = () => false,
): Promise<Entry[]> {
  const top = lstatSync(root);
  if (top.isSymbolicLink()) {
    throw new ArtifactError(`it is a link: name what it points to ('${readlinkSync(root)}') as the artifact's path`);
  }
  if (!top.isFile() && !top.isDirectory())
    throw new ArtifactError(`it is ${kindOf(top)}, and only files and folders can be kept`);
  const found: { kind: Entry["kind"]; path: string }[] = [{ kind: top.isFile() ? "file" : "directory", path: "" }];
  const folders = top.isFile() ? [] : [""];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const each of readdirSync(join(root, folder), { withFileTypes: true, encoding: "buffer" })) {
      const path = folder === "" ? nameOf(each) : `${folder}/${nameOf(each)}`;
      if (folder === "" && leaveOut(path)) continue;
      if (each.isDirectory()) folders.push(path);
      found.push({ kind: keptKind(each, path), path });
    }
  }
  const entries: Entry[] = [];
  let files = 0;
  for (const { kind, path } of inListingOrder(found)) {
    if (kind === "file") {
      entries.push(await readFile(join(root, path), path, keep));
      if (++files % filesInOneGo === 0) await setImmediate();
    } else if (kind === "link") entries.push({ kind, path, target: readlinkSync(join(root, path)) });
    else entries.push({ kind, path });
  }
  return entries;
}

function keptKind(found: Dirent<Buffer>, path: string): Entry["kind"] {
  if (found.isDirectory()) return "directory";
  if (found.isSymbolicLink()) return "link";
  if (found.isFile()) return "file";
  throw new ArtifactError(`${entryName(path)} is ${kindOf(found)}, and only files, folders and links can be kept`);
}

async function readFile(absolute: string, path: string, keep: KeepFile): Promise<Entry> {
  const descriptor = open(absolute, path);
  try {
    const { mode, size } = requireRegular(fstatSync(descriptor), path);
    const kept = keep({ descriptor, sizeBytes: size });
    return {
      kind: "file",
      path,
      executable: (mode & 0o100) !== 0,
      ...(kept instanceof Promise ? await kept : kept),
    };
  } finally {
    closeSync(descriptor);
  }
}

function open(absolute: string, path: string): number {
  try {
    // Should the file have been swapped for a link or a pipe since it was listed, this neither follows nor waits.
    return openSync(absolute, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ArtifactError(`${entryName(path)} cannot be read (${code})`, { cause: error });
  }
}

function requireRegular(stats: Stats, path: string): Stats {
  if (!stats.isFile()) throw new ArtifactError(`${entryName(path)} is ${kindOf(stats)}, and only files can be kept`);
  return stats;
}

function nameOf(found: Dirent<Buffer>): string {
  try {
    return strictUtf8.decode(found.name);
  } catch {
    throw new ArtifactError(`the name '${found.name.toString("latin1")}' is not UTF-8: rename the file`);
  }
}

function kindOf(what: Pick<Dirent, "isFIFO" | "isSocket" | "isBlockDevice" | "isCharacterDevice">): string {
  if (what.isFIFO()) return "a pipe";
  if (what.isSocket()) return "a socket";
  if (what.isBlockDevice() || what.isCharacterDevice()) return "a device";
  return "something unknown";
}
