import { accessSync, constants, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Starter } from "./coprocess-spawn.ts";
import { RUNNER_MARK } from "./reap.ts";
import { SHELL_ARGUMENTS } from "./step-process.ts";

/**
 * `step-starter.c`, which takes two thirds of what a kept bash takes for a command, and less than half with `sh`. Undefined
 * where it was not built for this machine. Why a program in C: docs/decisions/2026-11-30-step-starter.md.
 */
export function nativeStarter(): Starter | undefined {
  const program = starterPath();
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

/** It was not built for a machine of this kind, or may not be executed where it lies. */
export const cannotRunNative: Starter["cannotRun"] = (status) =>
  status === "not-started" || status === 126 || status === 127;

let known: { path: string | undefined } | undefined;

function starterPath(): string | undefined {
  known ??= { path: findStarter() };
  return known.path;
}

function findStarter(): string | undefined {
  if (process.platform !== "linux") return undefined;
  const isBundled = !import.meta.url.endsWith(".ts");
  const folder = isBundled ? "./native" : "../../dist/native";
  const path = fileURLToPath(new URL(`${folder}/linux-${process.arch}/step-starter`, import.meta.url));
  try {
    accessSync(path, constants.X_OK);
    if (isBundled) return path;
    // In a clone it may have been built from another source.
    const source = fileURLToPath(new URL("./step-starter.c", import.meta.url));
    return statSync(path).mtimeMs >= statSync(source).mtimeMs ? path : undefined;
  } catch {
    return undefined;
  }
}
