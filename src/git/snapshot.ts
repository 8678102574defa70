import { copyFile, mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { GitError, git } from "./git.ts";

export interface SnapshotRequest {
  root: string;
  /** The commit that is checked out. */
  parent: string;
  /** Where the temporary index may be written; removed again. */
  temporaryIndex: string;
  /** The ref that keeps the snapshot from being collected, under `refs/baton/`. */
  ref: string;
}

/**
 * Records the working tree with everything uncommitted and untracked (ignored files excepted) as a commit that no branch
 * leads to, and returns its id. Index, branches and files of the repository stay as they are.
 */
export async function snapshot(request: SnapshotRequest): Promise<string> {
  const { root, parent, temporaryIndex, ref } = request;
  if (!ref.startsWith("refs/baton/")) throw new Error(`a snapshot belongs under refs/baton/, not ${ref}`);
  const call = { cwd: root, env: { GIT_INDEX_FILE: temporaryIndex } };
  await mkdir(dirname(temporaryIndex), { recursive: true });
  try {
    await seedIndex(root, temporaryIndex, parent);
    await git(["add", "--all"], call);
    const tree = (await git(["write-tree"], call)).trim();
    const commit = (
      await git(["commit-tree", tree, "-p", parent, "-m", "Uncommitted files, as Baton ran them"], signed(root))
    ).trim();
    await git(["update-ref", ref, commit], { cwd: root });
    return commit;
  } finally {
    await rm(temporaryIndex, { force: true });
    await rm(`${temporaryIndex}.lock`, { force: true });
  }
}

/** Starts from a copy of the real index: its file times spare git from reading every file again. */
async function seedIndex(root: string, temporaryIndex: string, parent: string): Promise<void> {
  const path = (await git(["rev-parse", "--git-path", "index"], { cwd: root })).trim();
  try {
    await copyFile(join(root, path), temporaryIndex);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    await git(["read-tree", parent], { cwd: root, env: { GIT_INDEX_FILE: temporaryIndex } });
  }
}

/** A snapshot needs no identity of the user's, so that it also works where none is set up. */
function signed(root: string): { cwd: string; env: Record<string, string> } {
  const who = { NAME: "baton", EMAIL: "baton@localhost" };
  const env: Record<string, string> = {};
  for (const [key, value] of Object.entries(who)) {
    env[`GIT_AUTHOR_${key}`] = value;
    env[`GIT_COMMITTER_${key}`] = value;
  }
  return { cwd: root, env };
}

/** Lets git collect a snapshot that no run needs any more. A ref that is not there is fine. */
export async function dropSnapshot(root: string, ref: string): Promise<void> {
  try {
    await git(["update-ref", "-d", ref], { cwd: root });
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
  }
}
