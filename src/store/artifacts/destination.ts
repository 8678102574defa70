import { lstat, mkdir, rename, rm } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { isDotGit } from "../../model/dot-git.ts";
import { ArtifactError, entryName } from "./artifact-error.ts";
import type { Entry } from "./entry.ts";

/**
 * What happens to a folder that is there already: `replace` takes it away, so that afterwards exactly the artifact is
 * there; `merge` lays the artifact's entries over it and removes nothing.
 */
export type Onto = "replace" | "merge";

/** Refuses a path outside `within`, or one that passes a link on its way there: a link could lead anywhere. */
export async function requireReachable(path: string, within: string): Promise<void> {
  const way = relative(within, path).split(sep);
  if (way[0] === "..") throw new ArtifactError(`'${path}' lies outside '${within}'`);
  let at = within;
  for (const name of way.slice(0, -1)) {
    at = join(at, name);
    const found = await whatIsAt(at);
    if (found === "link") throw new ArtifactError(`'${relative(within, at)}' is a link: name the folder it points to`);
    if (found === "file") throw new ArtifactError(`'${relative(within, at)}' is a file and not a folder`);
  }
}

export async function whatIsAt(path: string): Promise<"nothing" | "link" | "folder" | "file"> {
  const stats = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (!stats) return "nothing";
  if (stats.isSymbolicLink()) return "link";
  return stats.isDirectory() ? "folder" : "file";
}

/** Moves what was staged to the path, in place of what is there. `aside` is a free path on the same file system. */
export async function replaceWith(staged: string, path: string, aside: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  if ((await whatIsAt(path)) === "folder") {
    await rename(path, aside);
    await rename(staged, path);
    await rm(aside, { recursive: true });
  } else {
    // A link is replaced itself, not what it points to.
    await rm(path, { force: true });
    await rename(staged, path);
  }
}

/** The entries but for those that would be merged over a `.git` that is there already, or make one of `within` itself. */
export async function withoutRepositories(entries: readonly Entry[], path: string, within: string): Promise<Entry[]> {
  const known = new Map<string, boolean>();
  const kept: Entry[] = [];
  for (const entry of entries) {
    const names = entry.path.split("/");
    const at = names.findIndex(isDotGit);
    if (at === -1) {
      kept.push(entry);
      continue;
    }
    const repository = join(path, ...names.slice(0, at + 1));
    if (!known.has(repository)) {
      known.set(repository, dirname(repository) === within || (await whatIsAt(repository)) !== "nothing");
    }
    if (!known.get(repository)) kept.push(entry);
  }
  return kept;
}

/** Moves what was staged over the folder at the path, entry by entry; each appears whole or not at all. */
export async function mergeInto(staged: string, path: string, entries: readonly Entry[]): Promise<void> {
  const targets = new Map<Entry, "nothing" | "link" | "folder" | "file">();
  // Looked at before anything is moved: a refusal leaves everything as it was.
  for (const entry of entries) {
    const found = await whatIsAt(join(path, entry.path));
    const fits = found === "nothing" || (entry.kind === "directory" ? found === "folder" : found !== "folder");
    if (!fits) {
      const [is, should] = entry.kind === "directory" ? [`a ${found}`, "a folder"] : ["a folder", `a ${entry.kind}`];
      throw new ArtifactError(
        `${entryName(entry.path)} is ${is} where it is to be laid, and ${should} in the artifact: remove one of them`,
      );
    }
    targets.set(entry, found);
  }
  for (const entry of entries) {
    const target = join(path, entry.path);
    if (entry.kind !== "directory") await rename(join(staged, entry.path), target);
    else if (targets.get(entry) === "nothing") await mkdir(target);
  }
}
