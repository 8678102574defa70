import { copyFile, rm, stat, utimes } from "node:fs/promises";
import { resolve } from "node:path";
import { askGit, git } from "./git.ts";
import { listRefs, type Ref } from "./refs.ts";

export interface SnapshotRequest {
  root: string;
  /** The commit that is checked out. */
  parent: string;
}

const message = "Uncommitted files, as Baton ran them";
const refs = "refs/baton/snapshots/";

/**
 * Records the working tree with everything uncommitted and untracked (ignored files excepted) as a commit that no branch
 * leads to, and returns its id. Index, branches and files of the repository stay as they are. The same files on the same
 * commit give the same id, so that a second run with nothing changed knows that nothing changed. Git collects the commit
 * after some weeks unless `keepSnapshot` gives it a ref.
 */
export async function snapshot({ root, parent }: SnapshotRequest): Promise<string> {
  const ours = `baton-index-${process.pid}`;
  const asked = ["rev-parse", "--git-path", "index", "--git-path", ours];
  const [answer, date] = await Promise.all([
    git(asked, { cwd: root }),
    git(["show", "--no-patch", "--format=%ct", parent], { cwd: root }),
  ]);
  const [index = "", temporary = ""] = answer
    .trim()
    .split("\n")
    .map((path) => resolve(root, path));
  const call = { cwd: root, env: { GIT_INDEX_FILE: temporary } };
  try {
    if (!(await copied(index, temporary))) await git(["read-tree", parent], call);
    // A state folder ignores itself, but not when it is a link.
    await git(["add", "--all", "--", ".", ":(exclude,glob)**/.baton"], call);
    const tree = (await git(["write-tree"], call)).trim();
    const commit = ["commit-tree", tree, "-p", parent, "-m", message];
    return (await git(commit, { cwd: root, env: signature(date.trim()) })).trim();
  } finally {
    await rm(temporary, { force: true });
    await rm(`${temporary}.lock`, { force: true });
  }
}

/**
 * Starting from the real index spares git from reading every file again: it holds their times. The copy must not look
 * younger than the index: git reads again only files that are not older than it, and would take an edit made in the same
 * second for no edit.
 */
async function copied(index: string, temporary: string): Promise<boolean> {
  try {
    await copyFile(index, temporary);
    const { mtimeMs } = await stat(index);
    const seconds = Math.floor(mtimeMs / 1000);
    await utimes(temporary, seconds, seconds);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return false;
  }
}

/** Needs no identity of the user's, and depends on nothing but the parent. `date` is in seconds since the epoch. */
function signature(date: string): Record<string, string> {
  const env: Record<string, string> = {};
  for (const role of ["GIT_AUTHOR", "GIT_COMMITTER"]) {
    env[`${role}_NAME`] = "baton";
    env[`${role}_EMAIL`] = "baton@localhost";
    env[`${role}_DATE`] = `${date} +0000`;
  }
  return env;
}

/** Gives a snapshot a ref, so that git does not collect it. */
export async function keepSnapshot(root: string, commit: string): Promise<void> {
  await git(["update-ref", refs + commit, commit], { cwd: root });
}

/** The refs of snapshots. */
export async function listSnapshots(root: string): Promise<Ref[]> {
  return await listRefs(root, refs);
}

/** Which of these commits are snapshots, and of which commit each was made. What git does not know is left out. */
export async function headsOfSnapshots(root: string, commits: Iterable<string>): Promise<Record<string, string>> {
  const asked = [...new Set(commits)].filter((commit) => /^[0-9a-f]{40,64}$/.test(commit));
  if (asked.length === 0) return {};
  const args = ["log", "--no-walk", "--ignore-missing", "--format=%H %P %ae", ...asked];
  const lines = ((await askGit(args, { cwd: root })) ?? "").trim().split("\n");
  const made = lines.map((line) => line.split(" ")).filter(([, , email]) => email === "baton@localhost");
  return Object.fromEntries(made.map(([commit, head]) => [commit!, head!]));
}
