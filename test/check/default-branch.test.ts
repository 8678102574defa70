import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fullDepth } from "../lane/needs.ts";
import { removeAtEnd } from "../lane/remove-at-end.ts";

const baton = join(import.meta.dirname, "../../bin/baton");
const scratch = mkdtempSync(join(tmpdir(), "baton-branch-"));
removeAtEnd(scratch);

const who = { GIT_AUTHOR_NAME: "a", GIT_AUTHOR_EMAIL: "a@b", GIT_COMMITTER_NAME: "a", GIT_COMMITTER_EMAIL: "a@b" };

function git(folder: string, ...args: string[]): void {
  execFileSync("git", args, { cwd: folder, env: { ...process.env, ...who }, stdio: "pipe" });
}

function write(folder: string, name: string, text: string): void {
  mkdirSync(join(folder, ".github/workflows"), { recursive: true });
  writeFileSync(join(folder, ".github/workflows", name), text);
}

function rulesIn(folder: string): string[] {
  const done = spawnSync(baton, ["check", folder, "--json"], { encoding: "utf8" });
  return JSON.parse(done.stdout).findings.map((finding: { rule: string }) => finding.rule);
}

const job = "jobs:\n  a: { runs-on: ubuntu-latest, steps: [{ run: echo a }] }\n";

test("a workflow_run workflow that only another branch has is named, until it is merged", fullDepth(), () => {
  const origin = join(scratch, "origin");
  mkdirSync(origin);
  git(origin, "init", "-q", "-b", "main");
  write(origin, "ci.yml", `name: CI\non: [push]\n${job}`);
  git(origin, "add", ".");
  git(origin, "commit", "-qm", "one");
  const clone = join(scratch, "clone");
  git(scratch, "clone", "-q", origin, clone);
  git(clone, "switch", "-qc", "topic");
  write(clone, "after.yml", `name: After\non: { workflow_run: { workflows: [CI], types: [completed] } }\n${job}`);
  assert.deepEqual(rulesIn(clone), ["workflow-run-file-not-on-default-branch"]);
  git(clone, "switch", "-q", "main");
  assert.deepEqual(rulesIn(clone), []);
});
