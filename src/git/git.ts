import { execFile, spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

/** Git could not do what was asked. The message names the command and repeats what git said. */
export class GitError extends Error {
  override readonly name = "GitError";
  readonly exitCode: number | undefined;

  constructor(message: string, exitCode?: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Variables that redirect git to another repository. A git hook sets some of them, and Baton may be started from one;
 * they would make every command below work on the wrong repository or index.
 */
const redirectingVariables = [
  "GIT_DIR",
  "GIT_WORK_TREE",
  "GIT_INDEX_FILE",
  "GIT_OBJECT_DIRECTORY",
  "GIT_ALTERNATE_OBJECT_DIRECTORIES",
  "GIT_COMMON_DIR",
  "GIT_NAMESPACE",
  "GIT_PREFIX",
];

export interface GitCall {
  cwd: string;
  env?: Record<string, string>;
  /** For the command's standard input. */
  input?: string;
  /** Ended after so many milliseconds; without it, it takes its time. */
  limitMs?: number;
}

/**
 * Runs the git program and resolves with what it printed. No hook of the repository runs, nothing asks a question, and
 * commands that only read write nothing (not even a refreshed index).
 */
export function git(args: string[], call: GitCall): Promise<string> {
  const env = environmentOf(call);
  const quiet = [...quietly, ...args];
  return new Promise((resolve, reject) => {
    const child = execFile(
      gitProgram(env.PATH ?? ""),
      quiet,
      { cwd: call.cwd, env, maxBuffer: 1 << 30, timeout: call.limitMs ?? 0 },
      (error, stdout, stderr) => {
        if (error) reject(explain(args, error, stderr));
        else resolve(stdout);
      },
    );
    if (call.input === undefined) return;
    // A git that ends before it has read all says so by its exit code.
    child.stdin!.on("error", () => {});
    child.stdin!.end(call.input);
  });
}

const quietly = ["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"];

function environmentOf(call: Pick<GitCall, "env">): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env };
  for (const name of redirectingVariables) delete env[name];
  return Object.assign(env, { LC_ALL: "C", GIT_TERMINAL_PROMPT: "0", GIT_OPTIONAL_LOCKS: "0" }, call.env);
}

/** The same for what is too long for memory: `ended` rejects when git could not do it, and never before its output is at its end. */
export function streamGit(args: string[], call: Pick<GitCall, "cwd" | "env">) {
  const env = environmentOf(call);
  const { stdin, stdout, stderr, ...child } = spawnPiped(gitProgram(env.PATH ?? ""), [...quietly, ...args], {
    cwd: call.cwd,
    env,
  });
  let said = "";
  stderr.on("data", (text) => {
    if (said.length < 10_000) said += text;
  });
  stdin.on("error", () => {});
  const ended = child.ended.then((code) => {
    if (code !== 0) throw explain(args, { code }, said);
  });
  ended.catch(() => {});
  return { stdin, stdout, ended };
}

function spawnPiped(program: string, args: string[], options: { cwd: string; env: NodeJS.ProcessEnv }) {
  const child = spawn(program, args, { ...options, stdio: ["pipe", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  const { stdin, stdout, stderr } = child;
  return { stdin, stdout, stderr, ended };
}

const programs = new Map<string, string>();

/** Where git is: the system would try every folder of the path each time. What is not found is left to the system to say. */
function gitProgram(path: string): string {
  let program = programs.get(path);
  if (program === undefined) {
    const places = path.split(delimiter).filter(isAbsolute);
    program = places.map((place) => join(place, "git")).find(isProgram) ?? "git";
    programs.set(path, program);
  }
  return program;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Like `git`, but an exit code other than 0 resolves with `undefined`: for questions that may have no answer. */
export async function askGit(args: string[], call: GitCall): Promise<string | undefined> {
  try {
    return await git(args, call);
  } catch (error) {
    if (error instanceof GitError && error.exitCode !== undefined) return undefined;
    throw error;
  }
}

function explain(args: string[], error: NodeJS.ErrnoException | { code?: unknown }, stderr: string): GitError {
  const command = `git ${commandIn(args) ?? ""}`.trim();
  if (error.code === "ENOENT") return new GitError("git is not on the path: install git and try again");
  const lines = stderr.trim().split("\n").slice(0, 4);
  const said = lines.length > 1 ? `\n  ${lines.join("\n  ")}` : ` ${lines[0]}`;
  const exitCode = typeof error.code === "number" ? error.code : undefined;
  return new GitError(`${command} failed${said.trim() === "" ? "" : `:${said}`}`, exitCode);
}

/** The first word that is neither an option of git itself nor such an option's value. */
function commandIn(args: readonly string[]): string | undefined {
  const at = args.findIndex((arg, index) => !arg.startsWith("-") && !OPTIONS_WITH_VALUE.has(args[index - 1] ?? ""));
  return args[at];
}

const OPTIONS_WITH_VALUE: ReadonlySet<string> = new Set(["-c", "-C"]);

/** Splits the output of a command that was given `-z`. */
export function splitNul(text: string): string[] {
  const parts = text.split("\0");
  if (parts.at(-1) === "") parts.pop();
  return parts;
}
