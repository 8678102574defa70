import { execFile } from "node:child_process";
import { relative } from "node:path";
import { readRemote, unpushedCommits } from "../../git/remote.ts";
import { readWorktree } from "../../git/worktree.ts";
import type { Here } from "../../platforms/live.ts";
import { findProgram } from "../../runner/tools.ts";
import type { Caller } from "../control.ts";
import type { Project } from "../project.ts";

/** This machine, as platforms are told of it. */
export function hereFor({ repository, root }: Project, { cwd, env }: Pick<Caller, "cwd" | "env">): Here {
  return {
    env,
    root,
    where: relative(cwd, root) || ".",
    repository,
    findProgram: (name) => findProgram(name, env.PATH ?? ""),
    versionOf: firstLine,
    uncommitted: async () => (repository === undefined ? [] : (await readWorktree(repository)).uncommitted),
    unpushed: async () => (repository === undefined ? undefined : await unpushedCommits(repository)),
    remote: async () => (repository === undefined ? undefined : await readRemote(repository)),
  };
}

const versionLimitMs = 10_000;

/** What a program says about its version, on one line. */
export function firstLine(path: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(path, ["--version"], { timeout: versionLimitMs }, (_error, stdout, stderr) => {
      resolve((stdout || stderr).split("\n")[0]?.trim() || path);
    });
  });
}
