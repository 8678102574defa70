/** The Terraform format, applied by the real Terraform to the emulator. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { WrittenFile } from "../../../../src/platforms/generated.ts";

export const connection =
  "arn:aws:codeconnections:eu-central-1:123456789012:connection/11111111-2222-3333-4444-555555555555";

/** What the tests look at in the answer of `get-pipeline`. */
export interface MadePipeline {
  stages: {
    name: string;
    onFailure: { result: string };
    actions: {
      name: string;
      namespace?: string;
      runOrder: number;
      configuration: Record<string, string>;
      inputArtifacts: { name: string }[];
      outputArtifacts: { name: string }[];
    }[];
  }[];
  triggers: { gitConfiguration: { push: { filePaths: { includes: string[] } }[] } }[];
}

/** Writes the files; the folder with the module. */
export function placeFiles(folder: string, files: readonly WrittenFile[]): string {
  for (const { path, text } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return join(folder, "codepipeline");
}

/**
 * With how to reach the emulator. The provider looks for about a minute at a lifecycle rule that is there at once, so that one
 * test alone has it.
 */
export function forEmulator(
  files: readonly WrittenFile[],
  { withLifecycle }: { withLifecycle: "yes" | "no" },
): WrittenFile[] {
  const provider = `provider "aws" {\n  max_retries       = 3\n  s3_use_path_style = true\n}\n`;
  const rule = /# The rule for old versions[\s\S]*?\n}\n\n/;
  return [
    ...files.map((file) => (withLifecycle === "yes" ? file : { ...file, text: file.text.replace(rule, "") })),
    { path: "codepipeline/provider.tf", text: provider },
  ];
}

export function applyPipelines(folder: string, options: { env: NodeJS.ProcessEnv; repository: string }): void {
  const { env, repository } = options;
  const variables = ["-var", `connection_arn=${connection}`, "-var", `repository=${repository}`];
  runTerraform(folder, env, "init", "-input=false", "-no-color");
  runTerraform(folder, env, "apply", "-auto-approve", "-input=false", "-no-color", ...variables);
}

/** What Terraform prints; fails with its complaint. */
export function runTerraform(folder: string, env: NodeJS.ProcessEnv, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync("terraform", args, {
    cwd: folder,
    env,
    encoding: "utf8",
    timeout: 300_000,
  });
  assert.equal(error, undefined, "it took more than five minutes");
  assert.equal(status, 0, `${stderr}\n${stdout}`);
  return stdout;
}
