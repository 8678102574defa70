import assert from "node:assert/strict";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readRepository } from "../../../../src/platforms/github/read/repository.ts";
import type { Repository } from "../../../../src/platforms/github/workflow.ts";
import { readWorkflows, writeTree } from "./tree.ts";

const plain = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps: [{ run: 'true' }]\n";

const problems = ({ problems }: Repository) =>
  problems.map(({ location, message }) => `${location.file}:${location.line}:${location.column} ${message}`);

test("workflows in order of file, with their display names", () => {
  const repository = readWorkflows({
    "b.yaml": `name: B\n${plain}`,
    "a.yml": plain,
    "notes.md": "no",
    "c.yml.bak": "no",
  });
  assert.deepEqual(
    repository.workflows.map(({ file, displayName }) => [file, displayName]),
    [
      [".github/workflows/a.yml", ".github/workflows/a.yml"],
      [".github/workflows/b.yaml", "B"],
    ],
  );
  assert.deepEqual(problems(repository), []);
});

test("a repository, its .github folder, the workflows folder and one workflow are read alike", () => {
  const root = writeTree({ ".github/workflows/a.yml": plain, ".github/workflows/b.yml": plain });
  for (const path of [root, join(root, ".github"), join(root, ".github/workflows")]) {
    const repository = readRepository(path);
    assert.equal(repository.root, root);
    assert.equal(repository.focus, undefined);
    assert.equal(repository.workflows.length, 2);
  }
  const one = readRepository(join(root, ".github/workflows/b.yml"));
  assert.equal(one.focus, ".github/workflows/b.yml");
  assert.equal(one.workflows.length, 2);
});

test("a workflow file elsewhere is read alone; a folder without workflows has none", () => {
  const root = writeTree({ "flows/x.yml": plain, "flows/y.yml": plain });
  const alone = readRepository(join(root, "flows/x.yml"));
  assert.deepEqual(
    alone.workflows.map(({ file }) => file),
    ["x.yml"],
  );
  assert.deepEqual(readRepository(root).workflows, []);
  assert.throws(() => readRepository(join(root, "absent")), { code: "ENOENT" });
});

test("what GitHub refuses is reported at its place", () => {
  const repository = readWorkflows({
    "a.yml": plain.replace("runs-on", "runs_on"),
    "b.yml": plain.replace("on: push", "on: pushed"),
    "c.yml": `${plain}  b:\n    needs: [gone]${plain.slice(plain.indexOf("\n    runs-on"))}`,
    "d.yml": `${plain}name: \${{ github.ref }}\n`,
    "e.yml": plain.replace("'true'", `"\${{ secret.X }}"`),
    "f.yml": plain.replace("steps:", "if: github.ref =\n    steps:"),
  });
  assert.deepEqual(
    problems(repository),
    [
      ".github/workflows/a.yml:4:5 Unexpected value 'runs_on'",
      ".github/workflows/a.yml:4:5 Required property is missing: runs-on",
      ".github/workflows/b.yml:1:5 Unexpected value 'pushed'",
      ".github/workflows/c.yml:7:13 Job 'b' depends on unknown job 'gone'.",
      ".github/workflows/d.yml:6:7 Unrecognized named-value: 'github'",
      ".github/workflows/e.yml:5:21 Unrecognized named-value: 'secret'",
      ".github/workflows/f.yml:5:9 Unexpected symbol: '='. Located at position 12 within expression: github.ref =",
    ].sort(),
  );
  assert.ok(repository.problems.every(({ rule, severity }) => rule === "invalid-workflow" && severity === "error"));
});

test("settings that an event does not have are ignored, not refused", () => {
  const repository = readWorkflows({
    "a.yml": plain.replace(
      "push",
      "\n  release:\n    types: [published]\n    paths-ignore: [docs/**]\n  delete:\n    branches: [x]",
    ),
  });
  assert.deepEqual(problems(repository), [
    ".github/workflows/a.yml:4:5 'release' knows no 'paths-ignore': GitHub ignores it",
    ".github/workflows/a.yml:6:5 'delete' takes no settings: GitHub ignores them",
  ]);
  assert.deepEqual(
    repository.problems.map(({ severity }) => severity),
    ["warning", "warning"],
  );
});

test("needs name jobs regardless of case", () => {
  const job = "    runs-on: ubuntu-latest\n    steps: [{ run: 'true' }]\n";
  const repository = readWorkflows({
    "a.yml": `on: push\njobs:\n  Unit_Tests:\n${job}  Deploy:\n    needs: [unit_tests]\n${job}  after:\n    needs: deploy\n${job}`,
  });
  assert.deepEqual(problems(repository), []);
  assert.deepEqual(
    repository.workflows[0]!.jobs.map(({ needs }) => needs.map(({ value }) => value)),
    [[], ["Unit_Tests"], ["Deploy"]],
  );
});

test("a quoted text goes on to its closing quote, also where its lines are not indented", () => {
  const repository = readWorkflows({ "a.yml": `name: 'one\ntwo'\n${plain}` });
  assert.deepEqual(problems(repository), []);
  assert.equal(repository.workflows[0]!.displayName, "one two");
  assert.equal(repository.workflows[0]!.jobs[0]!.idAt.start, 33);
  assert.equal(problems(readWorkflows({ "a.yml": `name: 'one\n${plain.replaceAll("'", "")}` })).length, 1);
});

test("calls: missing workflows, missing inputs and circles are refused", () => {
  const call = (uses: string, rest = "") => `on: workflow_call\njobs:\n  c:\n    uses: ${uses}\n${rest}`;
  const repository = readWorkflows({
    "a.yml": call("./.github/workflows/b.yml"),
    "b.yml": call("./.github/workflows/a.yml"),
    "c.yml": call("./.github/workflows/gone.yml"),
    "d.yml": call("./.github/workflows/plain.yml"),
    "e.yml": call("./.github/workflows/target.yml", "    with: { wrong: 1 }\n"),
    "f.yml": call("./.github/workflows/broken.yml"),
    "plain.yml": plain,
    "broken.yml": "on: [",
    "target.yml": `on:
  workflow_call:
    inputs: { env: { type: string, required: true } }
    secrets: { token: { required: true } }
${plain.replace("on: push\n", "")}`,
  });
  assert.deepEqual(
    problems(repository).filter((text) => !text.includes("broken.yml:")),
    [
      ".github/workflows/b.yml:4:11 Job 'c' calls './.github/workflows/a.yml', which calls back to this workflow",
      ".github/workflows/c.yml:4:11 The workflow './.github/workflows/gone.yml' that job 'c' calls does not exist",
      ".github/workflows/d.yml:4:11 Job 'c' calls './.github/workflows/plain.yml', which has no workflow_call trigger",
      ".github/workflows/e.yml:4:11 Input env is required, but job 'c' does not give it to ./.github/workflows/target.yml",
      ".github/workflows/e.yml:4:11 Secret token is required, but job 'c' does not give it to ./.github/workflows/target.yml",
      ".github/workflows/e.yml:5:13 Input wrong is not defined in the called workflow ./.github/workflows/target.yml",
    ],
  );
  assert.deepEqual(repository.unreadable, [".github/workflows/broken.yml"]);
});

test("more levels of calls than GitHub connects are refused", () => {
  const link = (n: number) =>
    n === 11
      ? plain.replace("push", "workflow_call")
      : `on: workflow_call\njobs:\n  c:\n    uses: ./.github/workflows/w${n + 1}.yml\n`;
  const chain = (length: number) =>
    readWorkflows(
      Object.fromEntries(Array.from({ length }, (_, i) => [`w${12 - length + i}.yml`, link(12 - length + i)])),
    );
  assert.deepEqual(problems(chain(10)), []);
  assert.match(problems(chain(11)).join(), /w1\.yml:4:11 Job 'c' begins a chain of 11 levels/);
});

test("local actions are read, also those that other actions use", () => {
  const uses = (path: string) => plain.replace("run: 'true'", `uses: ${path}`);
  const composite = (steps: string) => `name: A\nruns:\n  using: composite\n  steps: [${steps}]\n`;
  const repository = readRepository(
    writeTree({
      ".github/workflows/a.yml": uses("./.github/actions/one"),
      ".github/workflows/b.yml": uses("./absent"),
      ".github/actions/one/action.yml": composite("{ uses: ./tools/two }, { run: ls, shell: bash }"),
      "tools/two/action.yaml": "name: Two\ninputs:\n  env: { default: dev }\nruns: { using: node24, main: x.js }\n",
    }),
  );
  assert.deepEqual(
    repository.actions.map(({ path, using, steps }) => [path, using, steps.length]),
    [
      [".github/actions/one", "composite", 2],
      ["tools/two", "node", 0],
    ],
  );
  assert.equal(repository.actions[1]?.inputs[0]?.default?.raw, "dev");
  assert.deepEqual(problems(repository), []);
});

test("what the clone knows: default branch and origin", () => {
  const files = {
    ".github/workflows/a.yml": plain,
    ".git/refs/remotes/origin/HEAD": "ref: refs/remotes/origin/trunk\n",
    ".git/config": '[core]\n\tbare = false\n[remote "origin"]\n\turl = git@github.com:acme/shop.git\n',
  };
  const repository = readRepository(writeTree(files));
  assert.deepEqual(repository.defaultBranch, { kind: "known", value: "trunk" });
  assert.deepEqual(repository.slug, { kind: "known", value: "acme/shop" });
  const plainTree = readRepository(writeTree({ ".github/workflows/a.yml": plain }));
  assert.deepEqual(plainTree.defaultBranch, { kind: "unknown" });
  const told = readRepository(writeTree(files), { defaultBranch: "main" });
  assert.deepEqual(told.defaultBranch, { kind: "known", value: "main" });
});

test("links are followed inside of the tree and never out of it", () => {
  const outside = writeTree({ "secret.yml": plain, "action/action.yml": "name: X\n" });
  const root = writeTree({ ".github/workflows/real.yml": plain.replace("run: 'true'", "uses: ./linked") });
  symlinkSync("real.yml", join(root, ".github/workflows/inside.yml"));
  symlinkSync(join(outside, "secret.yml"), join(root, ".github/workflows/outside.yml"));
  symlinkSync("loop.yml", join(root, ".github/workflows/loop.yml"));
  symlinkSync(join(outside, "action"), join(root, "linked"));
  mkdirSync(join(root, ".github/workflows/folder.yml"));
  const repository = readRepository(root);
  assert.deepEqual(
    repository.workflows.map(({ file }) => file),
    [".github/workflows/inside.yml", ".github/workflows/real.yml"],
  );
  assert.deepEqual(repository.actions, []);
  assert.deepEqual(problems(repository), [
    ".github/workflows/outside.yml:1:1 The path is a link out of the repository: it was not followed",
    "linked/action.yml:1:1 The path is a link out of the repository: it was not followed",
  ]);
  const linkedFolder = writeTree({ "x.txt": "" });
  mkdirSync(join(linkedFolder, ".github"));
  symlinkSync(join(root, ".github/workflows"), join(linkedFolder, ".github/workflows"));
  assert.deepEqual(readRepository(linkedFolder).workflows, []);
});
