import { chmodSync, lstatSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";

const asidePrefix = "left-";

/**
 * Removes what a job has worked in, also what it made read-only. What nobody but another user can remove is put aside, so that
 * the next one has a folder of its own; `say` is told where. Never throws.
 */
export function removeFolder(folder: string, say: (line: string) => void, remove = removeAll): void {
  try {
    remove(folder);
    return;
  } catch {
    // Its job may have taken away the right to.
  }
  try {
    makeWritable(folder);
    remove(folder);
  } catch (error) {
    const aside = join(dirname(folder), `${asidePrefix}${Date.now()}-${basename(folder)}`);
    const why = error instanceof Error ? error.message : String(error);
    try {
      renameSync(folder, aside);
      say(`${aside} cannot be removed (${why}); remove it by hand`);
    } catch {
      say(`${folder} cannot be removed (${why}); remove it by hand`);
    }
  }
}

const removeAll = (folder: string) => rmSync(folder, { recursive: true, force: true });

function makeWritable(folder: string): void {
  if (!lstatSync(folder).isDirectory()) return;
  chmodSync(folder, 0o700);
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) makeWritable(join(folder, entry.name));
}
