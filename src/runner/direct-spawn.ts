import { spawn } from "node:child_process";
import { closeSync, openSync, unlinkSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import {
  LONGEST_ARGUMENT_BYTES,
  SHELL_ARGUMENTS,
  type Spawner,
  type StepCommand,
  type StepExit,
} from "./step-process.ts";

/** Starts every command with a child process of Node's own making: slower than the coprocess, and always possible. */
export function createDirectSpawner(baseEnv: Record<string, string>): Spawner {
  return {
    spawn(command) {
      let scriptFile: string | undefined;
      let output: number | undefined;
      try {
        const script = scriptArguments(command);
        scriptFile = script.file;
        output = openSync(command.pipe, "w");
        const child = spawn(command.shell, [...SHELL_ARGUMENTS[command.shell], ...script.arguments], {
          cwd: command.directory,
          env: { ...baseEnv, ...command.env, PWD: command.directory },
          stdio: ["ignore", output, output],
          detached: true,
        });
        const exit = new Promise<StepExit>((resolve) => {
          child.on("error", (error) => resolve({ kind: "not-started", reason: error.message }));
          child.on("exit", (code, signal) => {
            if (scriptFile !== undefined) unlinkSync(scriptFile);
            resolve({ kind: "exited", status: code ?? 128 + constants.signals[signal!] });
          });
        });
        return { pid: Promise.resolve(child.pid), exit };
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return { pid: Promise.resolve(undefined), exit: Promise.resolve({ kind: "not-started", reason }) };
      } finally {
        if (output !== undefined) closeSync(output);
      }
    },
    close() {},
  };
}

/** A script that is too long for the command line is laid beside the pipe and removed when its shell has ended. */
function scriptArguments(command: StepCommand): { arguments: string[]; file?: string } {
  if (Buffer.byteLength(command.script) <= LONGEST_ARGUMENT_BYTES) return { arguments: ["-c", command.script] };
  const file = `${command.pipe}.script`;
  writeFileSync(file, command.script, { mode: 0o600 });
  return { arguments: [file], file };
}
