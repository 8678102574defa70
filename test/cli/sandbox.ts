import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { type Repository, repository } from "../git/repository.ts";

export const batonFile = fileURLToPath(new URL("../../bin/baton", import.meta.url));

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A repository with a delivery in it, and the real command to run there. */
export interface Sandbox extends Repository {
  baton(...args: string[]): Promise<Finished>;
  /** Variables of the environment, for the calls that follow. */
  env: Record<string, string>;
  start(...args: string[]): ChildProcess;
  read(path: string): string;
  exists(path: string): boolean;
  json<T>(...args: string[]): Promise<T>;
}

export interface SandboxOptions {
  files: Record<string, string>;
  /** Default: everything is committed. */
  commit?: false;
}

export function sandbox(test: TestContext, { files, commit }: SandboxOptions): Sandbox {
  const repo = repository(test);
  repo.write(files);
  if (commit !== false) repo.commit("start");
  const env: Record<string, string> = { NO_COLOR: "1" };
  const surroundings = (): NodeJS.ProcessEnv => {
    const { CI, NODE_OPTIONS, NODE_TEST_CONTEXT, FORCE_COLOR, ...rest } = process.env;
    return { ...rest, GIT_CONFIG_GLOBAL: "/dev/null", ...env };
  };
  const baton = (...args: string[]): Promise<Finished> =>
    new Promise((resolve) => {
      const options = { cwd: repo.root, env: surroundings(), maxBuffer: 64 * 2 ** 20 };
      const child = execFile(batonFile, args, options, (_error, stdout, stderr) => {
        resolve({ code: child.exitCode, stdout, stderr });
      });
    });
  return {
    ...repo,
    env,
    baton,
    start: (...args) =>
      spawn(batonFile, args, { cwd: repo.root, env: surroundings(), stdio: ["ignore", "pipe", "pipe"] }),
    read: (path) => readFileSync(join(repo.root, path), "utf8"),
    exists: (path) => existsSync(join(repo.root, path)),
    async json<T>(...args: string[]): Promise<T> {
      const { stdout, stderr } = await baton(...args, "--json");
      try {
        return JSON.parse(stdout) as T;
      } catch {
        throw new Error(`no JSON on stdout:\n${stdout}\n${stderr}`);
      }
    },
  };
}

/** Asks again until it holds; the deadline is far longer than it should ever take. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`it did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
