import { askGit } from "./git.ts";

/** Where a repository is kept, without what a URL may hold of credentials. */
export interface Remote {
  /** `github.com`. */
  readonly host: string;
  /** `owner/name`, or deeper where the host has groups. */
  readonly path: string;
}

/** The remote that pushes go to; undefined without one, or for one that is a folder. */
export async function readRemote(root: string): Promise<Remote | undefined> {
  const url = (await askGit(["remote", "get-url", "origin"], { cwd: root }))?.trim();
  return url === undefined ? undefined : remoteOf(url);
}

/**
 * `git@github.com:owner/name.git`, `https://user:token@github.com/owner/name`, `ssh://git@host:22/owner/name.git`, and of the
 * helper for CodeCommit `codecommit::eu-central-1://profile@name`.
 */
export function remoteOf(url: string): Remote | undefined {
  const [, region, repository] = /^codecommit::([a-z0-9-]+):\/\/(?:[^@/]*@)?([\w.-]+)$/.exec(url) ?? [];
  if (region !== undefined) return { host: `git-codecommit.${region}.amazonaws.com`, path: `v1/repos/${repository}` };
  const match =
    /^[a-z+]+:\/\/(?:[^@/]*@)?([^/:]+)(?::\d+)?\/+(.+)$/i.exec(url) ?? /^(?:[^@/\s]+@)([^:/\s]+):(?!\/)(.+)$/.exec(url);
  const path = match?.[2]?.replace(/\/+$/, "").replace(/\.git$/, "");
  return match && path?.includes("/") ? { host: match[1]!.toLowerCase(), path } : undefined;
}

/** How many commits the branch's remote does not have; undefined where the branch follows none. */
export async function unpushedCommits(root: string): Promise<number | undefined> {
  const text = await askGit(["rev-list", "--count", "@{upstream}..HEAD"], { cwd: root });
  return text === undefined ? undefined : Number(text.trim());
}
