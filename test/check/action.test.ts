/** `action.yml`: accepted by GitHub's own parser, and its script does what it promises. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { parse } from "yaml";
import { readTexts } from "../../src/platforms/github/read/repository.ts";
import { pinnedActions } from "../../src/platforms/github/write/pinned-actions.ts";
import { fullDepth } from "../lane/needs.ts";

const root = join(import.meta.dirname, "../..");
const text = readFileSync(join(root, "action.yml"), "utf8");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly runs: {
    readonly steps: readonly { readonly uses?: string; readonly run?: string; readonly env?: Record<string, string> }[];
  };
}
const action = parse(text) as Action;
const script = action.runs.steps.find(({ run }) => run)!;

test("GitHub's parser accepts it, in a workflow that uses it with one line", () => {
  const workflow = `on: push
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: ./
`;
  const repository = readTexts(
    new Map([
      ["action.yml", text],
      [".github/workflows/check.yml", workflow],
    ]),
  );
  assert.deepEqual(repository.problems, []);
  assert.deepEqual(
    repository.actions.map(({ inputs, steps }) => [inputs.map(({ name }) => name.value), steps.length]),
    [[["path", "severity", "baseline", "default-branch", "sarif", "version"], 2]],
  );
});

test("the package it runs is this one, and the action it uses is pinned as in the workflows that Baton writes", () => {
  assert.equal(action.inputs.version!.default, version);
  assert.ok(text.includes(`uses: ${pinnedNode()}`), pinnedNode());
});

function pinnedNode(): string {
  const { action: name, sha, version: released } = pinnedActions.setupNode;
  return `${name}@${sha} # ${released}`;
}

test("no input stands in the script itself", () => {
  assert.doesNotMatch(script.run!, /\$\{\{/);
  for (const value of Object.values(script.env!)) assert.match(value, /^\$\{\{ inputs\.[\w-]+ \}\}$/);
});

describe("its script, with this package in place of the published one", fullDepth("npx"), () => {
  test("annotates, writes the summary and fails", (t) => {
    const { status, stdout, summary } = carryOut(t, "err/no-conclusion-guard/example");
    assert.equal(status, 1);
    assert.match(stdout, /^::error file=\.github\/workflows\/deploy\.yml,line=8,/m);
    assert.match(summary, /## baton check\n\n1 error in 2 workflows/);
  });

  test("passes where nothing is wrong", (t) => {
    const { status, summary } = carryOut(t, "ok/no-conclusion-guard/example");
    assert.equal(status, 0);
    assert.match(summary, /nothing found in 4 workflows/);
  });

  test("leaves out what is milder than asked for", (t) => {
    const fixture = "err/dangling-workflow-run/example";
    assert.equal(carryOut(t, fixture).status, 1);
    assert.equal(carryOut(t, fixture, { severity: "error" }).status, 0);
  });

  test("compares with a baseline and writes SARIF besides", (t) => {
    const fixture = "err/no-conclusion-guard/example";
    const baseline = join(mkdtempSync(join(tmpdir(), "baton-baseline-")), "known.json");
    t.after(() => rmSync(dirname(baseline), { recursive: true, force: true }));
    const options = ["check", "--baseline", baseline, "--update-baseline", join(import.meta.dirname, fixture)];
    assert.equal(spawnSync(join(root, "bin/baton"), options).status, 0);
    const sarif = join(dirname(baseline), "found.sarif");
    const { status, summary } = carryOut(t, fixture, { baseline, sarif, "default-branch": "main" });
    assert.equal(status, 0);
    assert.match(summary, /nothing found in .*, 1 known/);
    assert.equal(JSON.parse(readFileSync(sarif, "utf8")).version, "2.1.0");
  });

  test("an input is a value, whatever it looks like", (t) => {
    const { status, stderr } = carryOut(t, "ok/no-conclusion-guard/example", { path: "--fix; echo $(id)" });
    assert.equal(status, 2);
    assert.match(stderr, /--fix; echo \$\(id\): there is no such file or folder/);
  });
});

describe("the hook for pre-commit that the page shows", () => {
  const page = readFileSync(join(root, "docs/check.md"), "utf8");
  const shown = /```yaml title="\.pre-commit-config\.yaml"\n(.*?)```/s.exec(page)![1]!;
  const hook = (parse(shown) as { repos: { hooks: Record<string, string>[] }[] }).repos[0]!.hooks[0];

  test("takes this version of the package", () => {
    assert.deepEqual(hook!.additional_dependencies, [`baton-cd@${version}`]);
  });

  test("asks again after a change of what is read, and of nothing else", () => {
    const files = new RegExp(hook!.files!);
    const read = [
      ".github/workflows/ci.yml",
      "infra/main.tf",
      "package.json",
      "Makefile",
      "ci/justfile",
      "bin/release.sh",
    ];
    assert.deepEqual(
      [...read, "template.yaml", "README.md", "src/main.ts"].filter((path) => !files.test(path)),
      ["README.md", "src/main.ts"],
    );
  });

  test("its command is one that this package has, for the whole repository", () => {
    assert.equal(hook!.pass_filenames, false);
    const [command, ...options] = hook!.entry!.split(" ");
    assert.equal(command, "baton");
    const cwd = join(import.meta.dirname, "err/no-conclusion-guard/example");
    assert.equal(spawnSync(join(root, "bin/baton"), options, { cwd }).status, 1);
  });
});

/** Runs the step as a runner would: inputs through their variables, bash that stops at errors. */
function carryOut(t: TestContext, fixture: string, given: Readonly<Record<string, string>> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "baton-action-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(import.meta.dirname, fixture), folder, { recursive: true });
  // npx takes a package of this version that is installed already, and asks no registry.
  mkdirSync(join(folder, "node_modules/.bin"), { recursive: true });
  symlinkSync(root, join(folder, "node_modules/baton-cd"));
  symlinkSync("../baton-cd/bin/baton", join(folder, "node_modules/.bin/baton"));
  const inputs = Object.entries(script.env!).map(([variable, value]) => {
    const name = /inputs\.([\w-]+)/.exec(value)![1]!;
    return [variable, given[name] ?? action.inputs[name]!.default] as const;
  });
  const summaryFile = join(folder, "summary.md");
  const { NODE_TEST_CONTEXT, NODE_OPTIONS, ...env } = process.env;
  const done = spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", script.run!], {
    cwd: folder,
    encoding: "utf8",
    env: {
      ...env,
      ...Object.fromEntries(inputs),
      GITHUB_STEP_SUMMARY: summaryFile,
      CI: "true",
      NO_COLOR: "1",
      npm_config_offline: "true",
      npm_config_cache: join(folder, "npm-cache"),
    },
  });
  return { ...done, summary: readSummary(summaryFile) };
}

function readSummary(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
