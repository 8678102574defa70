import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { readRepository } from "../../../../src/platforms/github/read/repository.ts";
import type { CallJob, Repository, StepsJob, Workflow } from "../../../../src/platforms/github/workflow.ts";
import { removeAtEnd } from "../../../lane/remove-at-end.ts";

/** Writes files (path to contents) into a new folder, which is removed after the test file. */
export function writeTree(files: Readonly<Record<string, string | Uint8Array>>): string {
  const root = mkdtempSync(join(tmpdir(), "baton-read-"));
  removeAtEnd(root);
  for (const [path, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), contents);
  }
  return root;
}

/** Reads a repository of workflow files (name to contents). */
export function readWorkflows(files: Readonly<Record<string, string | Uint8Array>>): Repository {
  const entries = Object.entries(files).map(([name, text]) => [`.github/workflows/${name}`, text] as const);
  return readRepository(writeTree(Object.fromEntries(entries)));
}

/** Reads one workflow that must be without problems. */
export function readOne(text: string): Workflow {
  const repository = readWorkflows({ "x.yml": text });
  const messages = repository.problems.map(({ location, message }) => `${location.line}: ${message}`);
  if (messages.length > 0) throw new Error(messages.join("\n"));
  return repository.workflows[0]!;
}

export function stepsJob(workflow: Workflow, id: string): StepsJob {
  const job = workflow.jobs.find((each) => each.id === id);
  if (job?.kind !== "steps") throw new Error(`no job ${id} with steps`);
  return job;
}

export function callJob(workflow: Workflow, id: string): CallJob {
  const job = workflow.jobs.find((each) => each.id === id);
  if (job?.kind !== "call") throw new Error(`no job ${id} that calls`);
  return job;
}

/** A workflow around the steps of one job, each given as YAML. */
export function stepsWorkflow(steps: string): string {
  const indented = steps.replace(/^/gm, "      ");
  return `on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n${indented}\n`;
}
