import { relative } from "node:path";
import { snapshot } from "../../git/snapshot.ts";
import { changedSince, isOnBranch, readWorktree, resolveCommit } from "../../git/worktree.ts";
import { refused } from "../control.ts";
import type { Project } from "../project.ts";

/**
 * The files that a plan is about. `commit`: exactly the files of that commit, which is a snapshot when there are
 * uncommitted files. `folder`: the files as they lie there, because no commit can stand for them.
 */
export type Source =
  | {
      kind: "commit";
      /** Top of the repository. */
      root: string;
      /** The definition's folder below it, with a slash at the end; empty when that is the top itself. */
      prefix: string;
      commit: string;
      head: string;
      branch: string | undefined;
      uncommitted: string[];
    }
  | { kind: "folder"; root: string; because: string; branch: string | undefined };

export async function readSource(project: Pick<Project, "root" | "repository">): Promise<Source> {
  if (project.repository === undefined) {
    return { kind: "folder", root: project.root, because: "this is not a git repository", branch: undefined };
  }
  const { root, commit, branch, uncommitted } = await readWorktree(project.repository);
  if (commit === undefined) {
    return { kind: "folder", root: project.root, because: "the repository has no commit yet", branch };
  }
  const prefix = definitionPrefix(project);
  // A state folder may be a link: git then takes it for a file.
  const files = uncommitted.filter((path) => !path.split("/").includes(".baton"));
  if (files.length === 0) return { kind: "commit", root, prefix, commit, head: commit, branch, uncommitted: [] };
  const recorded = await snapshot({ root, parent: commit });
  return { kind: "commit", root, prefix, commit: recorded, head: commit, branch, uncommitted: files };
}

/** The definition's folder below the top of the repository, with a slash at the end; empty when that is the top itself. */
export function definitionPrefix({ root, repository = root }: Pick<Project, "root" | "repository">): string {
  const below = relative(repository, root).replaceAll("\\", "/");
  return below === "" ? "" : `${below}/`;
}

/**
 * For each base, the paths that differ from the source. A base that git does not know is left out, and so is every base
 * when there is no commit to compare: the planner then counts everything as changed.
 */
export async function changesSince(source: Source, bases: Iterable<string>): Promise<Record<string, string[]>> {
  const changed: Record<string, string[]> = {};
  if (source.kind === "folder") return changed;
  await Promise.all(
    [...new Set(bases)].map(async (base) => {
      const paths = await changedSince(source.root, base, source.commit);
      if (paths) changed[base] = pathsBelow(source.prefix, paths);
    }),
  );
  return changed;
}

/** What lies outside the definition's folder is no part of its delivery. */
function pathsBelow(prefix: string, paths: string[]): string[] {
  return prefix === ""
    ? paths
    : paths.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
}

/** @throws {Refused} when it names no commit. */
export async function resolveSince(source: Source, since: string): Promise<string> {
  if (source.kind === "folder") {
    throw refused("nothing-to-compare", { subject: since, because: source.because });
  }
  const commit = await resolveCommit(source.root, since);
  if (commit !== undefined) return commit;
  throw refused("no-commit", { subject: since });
}

/** Whether the source comes from that branch: it is checked out, a CI service names it, or git finds the commit on it. */
export async function comesFrom(source: Source, branch: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  if (branch === (source.branch ?? branchFromCi(env))) return true;
  return source.kind === "commit" && (await isOnBranch(source.root, branch, source.head));
}

/** The branch that CI services name when they check out a commit without a branch. */
export function branchFromCi(env: NodeJS.ProcessEnv): string | undefined {
  if (env.GITHUB_REF_TYPE === "branch" && env.GITHUB_REF_NAME) return env.GITHUB_REF_NAME;
  if (env.CODEBUILD_WEBHOOK_HEAD_REF?.startsWith("refs/heads/")) return env.CODEBUILD_WEBHOOK_HEAD_REF.slice(11);
  return env.CI_COMMIT_BRANCH || env.BUILDKITE_BRANCH || env.BRANCH_NAME || undefined;
}
