/** AWS on this machine for workflows that are carried out: where it is, and the AWS CLI as one of their tools. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { startEmulator } from "../../aws/emulator.ts";

export interface EmulatedAws {
  /** Variables that lead there. */
  env: Record<string, string>;
  /** As a machine is given them. */
  tools: Record<string, string>;
  /** What the AWS CLI prints. */
  cli(...args: string[]): string;
}

export async function emulatedAws(test: TestContext): Promise<EmulatedAws> {
  const emulator = await startEmulator();
  test.after(() => emulator[Symbol.asyncDispose]());
  const { variables, cliFolder, env } = emulator;
  return {
    env: { ...variables },
    tools: cliFolder === undefined ? {} : { aws: `#!/bin/sh\nexec '${join(cliFolder, "aws")}' "$@"\n` },
    cli: (...args) => execFileSync("aws", [...args, "--output", "text"], { encoding: "utf8", env }).trim(),
  };
}
