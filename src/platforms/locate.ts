import { statSync } from "node:fs";
import { basename, dirname, relative, resolve, sep } from "node:path";

/** Where to read: the folder that holds a platform's own, and the one file that was asked for, if it was one. */
export interface ReadTarget {
  readonly root: string;
  /** Relative to the root, with forward slashes. */
  readonly file: string | undefined;
}

/**
 * Finds the repository of a path: the path itself, or, for something inside of a platform's own folder (`.github`), what
 * holds that folder. A file elsewhere is read alone, with its folder as the root. Throws where there is no such path.
 */
export function locate(path: string, ownFolders: readonly string[]): ReadTarget {
  const absolute = resolve(path);
  const isFile = statSync(absolute).isFile();
  for (let folder = absolute; dirname(folder) !== folder; folder = dirname(folder)) {
    if (!ownFolders.includes(basename(folder))) continue;
    const root = dirname(folder);
    return { root, file: isFile ? relative(root, absolute).split(sep).join("/") : undefined };
  }
  return isFile ? { root: dirname(absolute), file: basename(absolute) } : { root: absolute, file: undefined };
}
