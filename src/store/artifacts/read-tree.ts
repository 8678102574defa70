import { constants, type Dirent } from "node:fs";
import { lstat, open, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { ArtifactError, entryName } from "./artifact-error.ts";
import type { Entry } from "./entry.ts";
import { inParallel } from "./in-parallel.ts";

/** Reads one regular file that is open, stores it and says what it was. */
export type KeepFile = (file: OpenFile) => Promise<{ sizeBytes: number; digest: string }>;

export type OpenFile = Awaited<ReturnType<typeof open>>;

const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Lists a file or folder, handing every regular file to `keep`. Follows no link; refuses what is neither file nor folder.
 * `leaveOut` is asked for what lies right below the root.
 */
export async function readTree(
  root: string,
  keep: KeepFile,
  leaveOut: (name: string) => boolean = () => false,
): Promise<Entry[]> {
  const top = await lstat(root);
  if (top.isFile()) return [await readFile(root, "", keep)];
  if (top.isSymbolicLink()) {
    throw new ArtifactError(`it is a link: name what it points to ('${await readlink(root)}') as the artifact's path`);
  }
  if (!top.isDirectory()) throw new ArtifactError(`it is ${kindOf(top)}, and only files and folders can be kept`);
  const entries: Entry[] = [{ kind: "directory", path: "" }];
  const files: string[] = [];
  const folders = [""];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const found of await readdir(join(root, folder), { withFileTypes: true, encoding: "buffer" })) {
      const path = folder === "" ? nameOf(found) : `${folder}/${nameOf(found)}`;
      if (folder === "" && leaveOut(path)) continue;
      if (found.isDirectory()) {
        entries.push({ kind: "directory", path });
        folders.push(path);
      } else if (found.isSymbolicLink()) {
        entries.push({ kind: "link", path, target: await readlink(join(root, path)) });
      } else if (found.isFile()) {
        files.push(path);
      } else {
        throw new ArtifactError(
          `${entryName(path)} is ${kindOf(found)}, and only files, folders and links can be kept`,
        );
      }
    }
  }
  entries.push(...(await inParallel(files, (path) => readFile(join(root, path), path, keep))));
  return entries;
}

async function readFile(absolute: string, path: string, keep: KeepFile): Promise<Entry> {
  // Should the file have been swapped for a link or a pipe since it was listed, this neither follows nor waits.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(absolute, flags).catch((error: NodeJS.ErrnoException) => {
    throw new ArtifactError(`${entryName(path)} cannot be read (${error.code})`, { cause: error });
  });
  try {
    const { mode } = await requireRegular(file, path);
    return { kind: "file", path, executable: (mode & 0o100) !== 0, ...(await keep(file)) };
  } finally {
    await file.close();
  }
}

async function requireRegular(file: OpenFile, path: string): Promise<{ mode: number }> {
  const stats = await file.stat();
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
