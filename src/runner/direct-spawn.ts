import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { constants } from "node:os";
import {
  findShell,
  SHELL_ARGUMENTS,
  type Spawner,
  type StepExit,
  type StepProcess,
  scriptArguments,
} from "./step-process.ts";

/** Starts every command with a child process of Node's own making: slower than the coprocess, and always possible. */
export function createDirectSpawner(baseEnv: Record<string, string>): Spawner {
  return {
    spawn(command) {
      const env = { ...baseEnv, ...command.env, PWD: command.directory };
      const shell = findShell(command.shell, env);
      if (shell === undefined) return notStarted(`'${command.shell}' is not on the PATH`);
      let output: number | undefined;
      try {
        const script = scriptArguments(command);
        output = openSync(command.pipe, "w");
        const child = spawn(shell, [...SHELL_ARGUMENTS[command.shell], ...script.arguments], {
          argv0: command.shell,
          cwd: command.directory,
          env,
          stdio: ["ignore", output, output],
          detached: true,
        });
        const exit = new Promise<StepExit>((resolve) => {
          child.on("error", (error) => resolve({ kind: "not-started", reason: error.message }));
          child.on("exit", (code, signal) => {
            script.remove();
            resolve({ kind: "exited", status: code ?? 128 + constants.signals[signal!], left: "unknown" });
          });
        });
        return { pid: Promise.resolve(child.pid), exit };
      } catch (error) {
        return notStarted(error instanceof Error ? error.message : String(error));
      } finally {
        if (output !== undefined) closeSync(output);
      }
    },
    close() {},
  };
}

function notStarted(reason: string): StepProcess {
  return { pid: Promise.resolve(undefined), exit: Promise.resolve({ kind: "not-started", reason }) };
}
