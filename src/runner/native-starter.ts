import type { Starter } from "./coprocess-spawn.ts";
import { nativeProgram } from "./native-program.ts";
import { RUNNER_MARK } from "./reap.ts";
import { SHELL_ARGUMENTS } from "./step-process.ts";

/**
 * `step-starter.c`, which takes two thirds of what a kept bash takes for a command, and less than half with `sh`. Undefined
 * where it was not built for this machine. Why a program in C: docs/decisions/2026-11-30-step-starter.md.
 */
export function nativeStarter(): Starter | undefined {
  const program = nativeProgram("step-starter");
  if (program === undefined) return undefined;
  return {
    program,
    arguments: [],
    cannotRun: cannotRunNative,
    fits: (command) => !command.script.includes("\0"),
    request({ shell, directory, pipe, env }, shellPath, script) {
      const words = [shell, ...SHELL_ARGUMENTS[shell], ...script];
      const variables = Object.entries({ ...env, PWD: directory }).map(([name, value]) => `${name}=${value}`);
      const counted = (list: readonly string[]) => [String(list.length), ...list];
      return [directory, pipe, shellPath, ...counted(words), ...counted(variables), RUNNER_MARK, ""].join("\0");
    },
  };
}

/** It was not built for a machine of this kind, may not be executed where it lies, or (1) needs a newer C library. */
export const cannotRunNative: Starter["cannotRun"] = (status) =>
  status === "not-started" || status === 1 || status === 126 || status === 127;
