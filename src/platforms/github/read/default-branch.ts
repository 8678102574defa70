import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Where } from "../../platform.ts";
import type { Repository } from "../workflow.ts";

/**
 * Workflow files that the default branch has, where it matters: on a checkout of another branch, with workflows that only
 * work from the default one. Undefined where the clone does not tell.
 */
export async function filesOnDefaultBranch(
  { root, defaultBranch, workflows }: Repository,
  filesAt: Where["filesAt"],
): Promise<ReadonlySet<string> | undefined> {
  if (defaultBranch.kind === "unknown" || !existsSync(join(root, ".git", "HEAD"))) return undefined;
  if (!workflows.some((workflow) => workflow.triggers.some(({ event }) => event === "workflow_run"))) return undefined;
  const head = /^ref: refs\/heads\/(.+)$/.exec(readFileSync(join(root, ".git", "HEAD"), "utf8").trim())?.[1];
  if (head === undefined || head === defaultBranch.value) return undefined;
  const listed = await filesAt(`refs/remotes/origin/${defaultBranch.value}`, ".github/workflows/");
  return listed === undefined ? undefined : new Set(listed);
}
