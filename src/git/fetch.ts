import { git } from "./git.ts";

/** A remote that says nothing for so long is not there. */
const limitMs = 120_000;

/**
 * Brings here what a branch has at `origin`, and answers with its commit. What is checked out, and every branch of one's own,
 * stays as it is. @throws {GitError}
 */
export async function fetchBranch(root: string, branch: string): Promise<string> {
  const here = `refs/remotes/origin/${branch}`;
  const args = ["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-auto-maintenance"];
  await git([...args, "origin", `+refs/heads/${branch}:${here}`], { cwd: root, limitMs });
  return (await git(["rev-parse", "--verify", "--end-of-options", `${here}^{commit}`], { cwd: root })).trim();
}
