import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Repository } from "../platforms/github/workflow.ts";

/**
 * Workflow files that the default branch has, where it matters: on a checkout of another branch, with workflows that only
 * work from the default one. Undefined where the clone does not tell.
 */
export async function filesOnDefaultBranch(repository: Repository): Promise<ReadonlySet<string> | undefined> {
  const { root, defaultBranch, workflows } = repository;
  if (defaultBranch.kind === "unknown" || !existsSync(join(root, ".git", "HEAD"))) return undefined;
  if (!workflows.some((workflow) => workflow.triggers.some(({ event }) => event === "workflow_run"))) return undefined;
  const head = /^ref: refs\/heads\/(.+)$/.exec(readFileSync(join(root, ".git", "HEAD"), "utf8").trim())?.[1];
  if (head === undefined || head === defaultBranch.value) return undefined;
  const { askGit, splitNul } = await import("../git/git.ts");
  const tree = `refs/remotes/origin/${defaultBranch.value}`;
  const listed = await askGit(["ls-tree", "--name-only", "-z", tree, ".github/workflows/"], { cwd: root });
  return listed === undefined ? undefined : new Set(splitNul(listed));
}
