import { rmSync, writeFileSync } from "node:fs";
import { findProgram } from "./tools.ts";

/** One shell command of one attempt. */
export interface StepCommand {
  script: string;
  shell: "bash" | "sh";
  /** Added to the environment the spawner was made with. */
  env: Record<string, string>;
  /** Absolute. */
  directory: string;
  /** The path of the named pipe that takes stdout and stderr, with its reader open. */
  pipe: string;
}

/** A started command. Its process is the leader of a process group of its own, so `pid` is also the group's id. */
export interface StepProcess {
  /** Known as soon as the process exists; undefined when it could not be started. */
  readonly pid: Promise<number | undefined>;
  /** The main process ended; others of its group may still run. */
  readonly exit: Promise<StepExit>;
}

/**
 * `status` as a shell reports it: the exit code, or 128 + the number of the signal that ended the process. `left`: of all
 * processes that the command started, at whatever distance.
 */
export type StepExit =
  | { kind: "exited"; status: number; left: "nothing" | "unknown" }
  | { kind: "not-started"; reason: string }
  /** Whoever would have told how it ended is gone. */
  | { kind: "lost" };

/** A way of starting commands. All of them behave the same: test/runner/spawn.test.ts runs over each. */
export interface Spawner {
  spawn(command: StepCommand): StepProcess;
  close(): void;
}

/** The arguments of the shell of a step, without the script. */
export const SHELL_ARGUMENTS: Record<StepCommand["shell"], readonly string[]> = {
  bash: ["--noprofile", "--norc", "-eo", "pipefail"],
  sh: ["-e"],
};

/** Linux refuses a single argument of 128 KiB and more. */
const LONGEST_ARGUMENT_BYTES = 131_071;

/** The last arguments of a step's shell. `remove` takes away the file that a long script needed. */
export interface ScriptArguments {
  arguments: string[];
  remove(): void;
}

/** A script that is too long for the command line is laid beside the pipe. */
export function scriptArguments(command: StepCommand): ScriptArguments {
  if (Buffer.byteLength(command.script) < LONGEST_ARGUMENT_BYTES)
    return { arguments: ["-c", command.script], remove() {} };
  const file = `${command.pipe}.script`;
  writeFileSync(file, command.script, { mode: 0o600 });
  return { arguments: [file], remove: () => rmSync(file, { force: true }) };
}

const shells = new Map<string, string | undefined>();

/** Absolute path of the shell that a command with this environment gets. */
export function findShell(shell: StepCommand["shell"], env: Record<string, string>): string | undefined {
  const key = `${shell}:${env.PATH ?? ""}`;
  if (!shells.has(key)) shells.set(key, findProgram(shell, env.PATH ?? ""));
  return shells.get(key);
}
