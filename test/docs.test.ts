import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { consoleCalls, normalised, withOutputs } from "./cli/console-blocks.ts";
import { fullDepth } from "./lane/needs.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (file: string) => readFileSync(join(root, file), "utf8");

/** Pages whose blocks are executed elsewhere, with the test that does. */
const executedElsewhere: readonly { readonly pages: RegExp; readonly by: string }[] = [
  { pages: /^docs\/(cli|operate)\.md$/, by: "test/cli/docs.test.ts" },
  { pages: /^docs\/serve\.md$/, by: "test/server/docs.test.ts" },
  { pages: /^docs\/agents\.md$/, by: "test/agent/agents.test.ts" },
  { pages: /^docs\/host\.md$/, by: "test/cli/backup.test.ts" },
  { pages: /^docs\/definition\.md$/, by: "test/model/docs.test.ts" },
  { pages: /^docs\/rules\//, by: "test/check/pages.test.ts" },
  { pages: /^docs\/check\.md$/, by: "test/check/docs.test.ts" },
  { pages: /^docs\/generate-github\.md$/, by: "test/generate/docs.test.ts" },
  { pages: /^docs\/generate-codepipeline\.md$/, by: "test/generate/docs-codepipeline.test.ts" },
  { pages: /^docs\/generate-codepipeline\.md$/, by: "test/generate/docs-codepipeline-deployed.test.ts" },
  { pages: /^examples\/infra-web\/README\.md$/, by: "test/platforms/codepipeline/write/infra-web.test.ts" },
];

/** Commands that CI itself runs, in this order, from a clean checkout: see `.ci/run`. */
const runByCi = new Set(["npm ci && npm start", "npm ci && npm test", "npm ci", "npm test"]);

const pages = execFileSync("git", ["ls-files", "*.md"], { cwd: root, encoding: "utf8" }).trim().split("\n");
const own = pages.filter((page) => !executedElsewhere.some((one) => one.pages.test(page)));

/** A folder with its own git repository and `baton` on the path. */
function place(t: TestContext, files: (folder: string) => void) {
  const folder = mkdtempSync(join(tmpdir(), "baton-docs-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  files(folder);
  execFileSync("git", ["init", "--quiet", "--initial-branch=main"], { cwd: folder });
  const who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
  execFileSync("git", [...who, "add", "--all"], { cwd: folder });
  execFileSync("git", [...who, "commit", "--quiet", "--allow-empty", "--message", "start"], { cwd: folder });
  const { NODE_TEST_CONTEXT, ...env } = process.env;
  const PATH = `${join(root, "bin")}:${process.env.PATH}`;
  return (command: string) =>
    spawnSync("bash", ["-c", command], { cwd: folder, env: { ...env, PATH, NO_COLOR: "1" }, encoding: "utf8" });
}

test("every page with code is executed by a test that exists", () => {
  for (const { by } of executedElsewhere) assert.ok(existsSync(join(root, by)), by);
  const known = new Set(["console", "ts"]);
  for (const page of own) {
    for (const [, language] of read(page).matchAll(/^```([a-z]+)/gm)) {
      assert.ok(known.has(language!), `${page} has a block of ${language}, which no test executes`);
    }
  }
});

test("the README's other commands do what it says", (t) => {
  const run = place(t, (folder) => {
    const workflows = join(folder, "path/to/repository/.github/workflows");
    mkdirSync(workflows, { recursive: true });
    const job = (command: string) =>
      `jobs:\n  deploy:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n      - run: ${command}\n`;
    writeFileSync(join(workflows, "ci.yml"), `name: CI\non: push\n${job("make test")}`);
    writeFileSync(
      join(workflows, "cd.yml"),
      `name: CD\non:\n  workflow_run:\n    workflows: [CI]\n    types: [completed]\n${job("terraform apply -auto-approve")}`,
    );
  });
  for (const page of ["README.md", "CONTRIBUTING.md"]) {
    for (const { command } of consoleCalls(read(page))) {
      if (runByCi.has(command)) continue;
      const { status, stdout, stderr } = run(command);
      assert.equal(status, 1, `${command}: ${stderr}`);
      assert.match(stdout, /no-conclusion-guard/, "the page says that it finds races");
    }
  }
  assert.match(
    read(".ci/run"),
    /^bare npm ci$[\s\S]*^bare npm start$[\s\S]*^bare npm test$/m,
    "CI runs what the README says",
  );
});

for (const page of own.filter((name) => /^examples\/[^/]+\/README\.md$/.test(name))) {
  test(`${page}: its commands work, in this order`, fullDepth(), (t) => {
    const example = join(root, dirname(page));
    const run = place(t, (folder) => {
      const scratch = (path: string) => !/\/\.(baton|storefront|terraform)(\/|$)/.test(path.slice(example.length));
      cpSync(example, folder, { recursive: true, filter: scratch });
    });
    const calls = consoleCalls(read(page));
    const outputs = calls.map(({ command, output }) => {
      const { status, stdout, stderr } = run(command);
      assert.equal(status, 0, `$ ${command}\n${stderr}`);
      return command.startsWith("baton cost") ? stdout : output;
    });
    if (process.env.UPDATE) writeFileSync(join(root, page), withOutputs(read(page), outputs));
    // Amounts are what these pages are believed in.
    for (const [at, { command, output }] of consoleCalls(read(page)).entries()) {
      assert.equal(normalised(outputs[at]!), normalised(output), `$ ${command} (UPDATE=1 writes the page anew)`);
    }
  });
}
