/** One shell command of one attempt. */
export interface StepCommand {
  script: string;
  shell: "bash" | "sh";
  /** Added to the environment the spawner was made with. */
  env: Record<string, string>;
  /** Absolute. */
  directory: string;
  /** Path of the named pipe that takes stdout and stderr; its reader is open. */
  pipe: string;
}

/** A started command. Its process is the leader of a process group of its own, so `pid` is also the group's id. */
export interface StepProcess {
  /** Known as soon as the process exists; undefined when it could not be started. */
  readonly pid: Promise<number | undefined>;
  /** The main process ended; others of its group may still run. */
  readonly exit: Promise<StepExit>;
}

/** `status` as a shell reports it: the exit code, or 128 + the number of the signal that ended the process. */
export type StepExit = { kind: "exited"; status: number } | { kind: "not-started"; reason: string };

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
export const LONGEST_ARGUMENT_BYTES = 131_071;
