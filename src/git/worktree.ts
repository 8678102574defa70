import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { askGit, git, splitNul } from "./git.ts";

/** What a working tree holds right now. */
export interface Worktree {
  /** Absolute path of the top folder. */
  root: string;
  /** Full id of the commit that is checked out; absent before the first commit. */
  commit?: string;
  /** Absent when a commit is checked out rather than a branch. */
  branch?: string;
  /** Changed, added, deleted and untracked (not ignored) paths, relative to the root, `/`-separated, sorted. */
  uncommitted: string[];
}

/** The top folder of the repository that `folder` is in, without asking git. */
export function findRepositoryRoot(folder: string): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return at;
    if (dirname(at) === at) return undefined;
  }
}

/** One git process answers commit, branch and uncommitted paths. Both sides of a rename are listed. */
export async function readWorktree(root: string): Promise<Worktree> {
  const args = ["status", "--porcelain=v2", "--branch", "-z", "--untracked-files=all", "--no-renames"];
  const text = await git([...args, "--ignore-submodules=dirty"], { cwd: root });
  const tree: Worktree = { root, uncommitted: [] };
  for (const entry of splitNul(text)) {
    if (entry.startsWith("# branch.oid ") && !entry.endsWith("(initial)")) tree.commit = entry.slice(13);
    else if (entry.startsWith("# branch.head ") && !entry.endsWith("(detached)")) tree.branch = entry.slice(14);
    else if (entry.startsWith("? ")) tree.uncommitted.push(entry.slice(2));
    else if (entry.startsWith("1 ")) tree.uncommitted.push(fieldsAfter(entry, 8));
    else if (entry.startsWith("u ")) tree.uncommitted.push(fieldsAfter(entry, 10));
  }
  tree.uncommitted.sort();
  return tree;
}

/** The rest of a line after `count` fields; the rest is a path and may hold spaces. */
function fieldsAfter(entry: string, count: number): string {
  let at = 0;
  for (let field = 0; field < count; field++) at = entry.indexOf(" ", at) + 1;
  return entry.slice(at);
}

/** The full id of the commit that a name means (a branch, a tag, `HEAD~2`, a short id); absent when git knows none. */
export async function resolveCommit(root: string, name: string): Promise<string | undefined> {
  const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`];
  return (await askGit(args, { cwd: root }))?.trim();
}

/**
 * Paths that differ between two commits, both sides of a rename, relative to the root. Absent when git does not know
 * `base` (a shallow clone, a rewritten branch): the caller must then count everything as changed. Without `added`, files that
 * `base` does not have are left out.
 */
export async function changedSince(
  root: string,
  base: string,
  commit: string,
  { added = true }: { added?: boolean } = {},
): Promise<string[] | undefined> {
  if (base === commit) return [];
  const args = ["diff-tree", "-r", "-z", "--name-only", "--no-renames"];
  if (!added) args.push("--diff-filter=a");
  args.push("--end-of-options", base, commit);
  const text = await askGit(args, { cwd: root });
  return text === undefined ? undefined : splitNul(text);
}

/** Whether a branch of that name, here or at `origin` as of the last fetch, has the commit. */
export async function isOnBranch(root: string, branch: string, commit: string): Promise<boolean> {
  const places = [`refs/heads/${branch}`, `refs/remotes/origin/${branch}`];
  const found = await Promise.all(
    places.map((place) => askGit(["merge-base", "--is-ancestor", commit, place], { cwd: root })),
  );
  return found.some((answer) => answer !== undefined);
}

/** Paths of all files that git keeps or does not ignore, relative to the root. */
export async function filesInGit(root: string): Promise<string[]> {
  return splitNul(await git(["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root }));
}
