/** What commands call in the repository: read as bash and make run it. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import fc from "fast-check";
import type { Access } from "../../src/facts/access.ts";
import { showKey } from "../../src/facts/show-key.ts";
import type { ScriptSetting } from "../../src/shell/call.ts";
import type { CalledFiles } from "../../src/shell/called/called-files.ts";
import { freshState } from "../../src/shell/machine-state.ts";
import { scriptAccesses } from "../../src/shell/recognise.ts";
import { tries } from "../lane/depth.ts";
import { needs } from "../lane/needs.ts";

type Files = Readonly<Record<string, string>>;

function calledFiles(files: Files): CalledFiles {
  return {
    text: (path) => files[path],
    names: (folder) => {
      const start = folder === "" ? "" : `${folder}/`;
      const inside = Object.keys(files).filter((path) => path.startsWith(start));
      return [...new Set(inside.map((path) => path.slice(start.length).split("/")[0]!))];
    },
  };
}

/** Everything is read as in a step of a job that is signed in. */
function accesses(text: string, files: Files): Access[] {
  const state = freshState();
  const setting: ScriptSetting = {
    folder: [],
    state,
    files: calledFiles(files),
    own: [],
    values: new Map(),
    roots: new Set(),
    hasVariable: () => false,
    accountOf: () => new Map(),
    tokenOf: () => ({ kind: "unknown" }),
    isSignedIn: () => true,
  };
  const source = { path: "step", text, byteOrderMark: false };
  const at = { source, start: 0, end: text.length };
  return scriptAccesses([{ raw: text, parts: [{ kind: "text", text }], at }], setting);
}

/** `flyctl deploy a`, `terraform apply infra`: what changes something, with its name. */
function effects(text: string, files: Files): string[] {
  return accesses(text, files).flatMap((access) =>
    access.kind === "resource" && access.effect !== "none" && access.mode !== "read"
      ? [`${access.tool} ${showKey(access.key)}`.trim()]
      : [],
  );
}

describe("scripts", () => {
  const files = {
    "bin/up.sh": `#!/usr/bin/env bash
set -eu
stack() {
  aws cloudformation deploy --stack-name "shop-$1" --template-file s.yaml
}
unused() {
  flyctl deploy --app unused
}
if [ "$1" = "all" ]; then
  stack network
else
  flyctl deploy --app "$1"
fi
case "$2" in
  live) stack live ;;
  qa|test)
    stack qa
    ;;
  *) flyctl deploy --app other ;;
esac
`,
    "bin/circle.sh": "#!/bin/sh\n./bin/circle.sh\nflyctl deploy --app circle\n",
    "bin/tool": "#!/usr/bin/env python3\nflyctl deploy --app python\n",
    "bin/plain": "flyctl deploy --app plain\n",
  };
  const told: readonly (readonly [string, readonly string[]])[] = [
    ["./bin/up.sh mail live", ["flyctl deploy mail", "aws cloudformation deploy shop-live"]],
    ["bash bin/up.sh all test", ["aws cloudformation deploy shop-network", "aws cloudformation deploy shop-qa"]],
    ["cd bin && ./up.sh mail nothing", ["flyctl deploy mail", "flyctl deploy other"]],
    ["./bin/circle.sh", ["flyctl deploy circle"]],
    ["./bin/tool", []],
    ["./bin/plain", []],
    ["sh bin/plain", ["flyctl deploy plain"]],
    ["./bin/missing.sh", []],
    ["../bin/up.sh mail live", []],
  ];
  for (const [command, wanted] of told) test(command, () => assert.deepEqual(effects(command, files), wanted));

  test("what bash really runs with these words is read, and nothing else", () => {
    const folder = mkdtempSync(join(tmpdir(), "baton-called-"));
    after(() => rmSync(folder, { recursive: true, force: true }));
    const log = join(folder, "log");
    for (const [name, text] of Object.entries({ ...files, "stub/aws": stub(log), "stub/flyctl": stub(log) })) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
      chmodSync(join(folder, name), 0o755);
    }
    for (const words of ["mail live", "all qa", "all live", "mail other", "all test"]) {
      writeFileSync(log, "");
      const command = `./bin/up.sh ${words}`;
      execFileSync("bash", ["-c", command], {
        cwd: folder,
        env: { PATH: `${join(folder, "stub")}:${process.env.PATH}` },
      });
      const ran = execFileSync("cat", [log], { encoding: "utf8" }).trim().split("\n");
      assert.deepEqual(effects(command, files), ran.map(asEffect));
    }
  });
});

function stub(log: string): string {
  return `#!/bin/sh\necho "$(basename "$0") $*" >> '${log}'\n`;
}

/** `flyctl deploy --app mail` as an effect is named. */
function asEffect(line: string): string {
  return line.replace(/ --(?:app|stack-name)/, "").replace(/ --template-file \S+/, "");
}

describe("tasks", () => {
  const makefile = `APP = mail
STAGE ?= qa
.PHONY: all live
all: live

live: check $(APP)-pages
	@flyctl deploy --app $(APP)-$(STAGE)
mail-pages:
	-aws s3 sync out s3://pages-$(STAGE) \\
	  --delete
check:
	npm test
`;
  const files = {
    Makefile: makefile,
    "package.json": JSON.stringify({
      workspaces: ["packages/*"],
      scripts: {
        go: "flyctl deploy",
        prego: "aws s3 sync out s3://pages",
        ship: "npm run go -- --app mail",
        loop: "npm run loop",
      },
    }),
    "packages/api/package.json": JSON.stringify({ name: "@shop/api", scripts: { up: "flyctl deploy --app api" } }),
    "packages/web/package.json": JSON.stringify({ name: "web", scripts: { up: "flyctl deploy --app web" } }),
    justfile:
      "app := 'mail'\n\nup stage='qa': pages\n  @flyctl deploy --app {{app}}-{{stage}}\n\npages:\n  aws s3 sync out s3://pages\n",
    "Taskfile.yml":
      "version: '3'\ntasks:\n  up:\n    deps: [pages]\n    dir: mail\n    cmds:\n      - flyctl deploy --app mail\n      - task: note\n  pages: aws s3 sync out s3://pages\n  note: { cmds: [{ cmd: flyctl deploy --app note }] }\n",
    "mono/nx.json": "{}",
    "mono/package.json": JSON.stringify({ scripts: { all: "nx run-many -t up" } }),
    "mono/apps/shop/project.json": JSON.stringify({
      name: "shop",
      targets: {
        up: {
          executor: "nx:run-commands",
          options: { commands: ["flyctl deploy --app shop", { command: "aws s3 sync out s3://shop" }] },
        },
      },
    }),
    "mono/apps/mail/project.json": JSON.stringify({ targets: { up: { command: "flyctl deploy --app mail" }, odd: 3 } }),
    "mono/libs/a/b/package.json": JSON.stringify({
      name: "@x/b",
      nx: { targets: { up: { options: { cwd: "libs/a/b", command: "wrangler deploy" } } } },
    }),
    "mono/apps/broken/project.json": "[",
    "broken/package.json": "{",
    "broken/Taskfile.yml": "tasks: [",
  };
  const told: readonly (readonly [string, readonly string[]])[] = [
    ["make", ["aws s3 sync pages-qa", "flyctl deploy mail-qa"]],
    ["make live STAGE=live", ["aws s3 sync pages-live", "flyctl deploy mail-live"]],
    ["make check", []],
    ["make nothing", []],
    ["npm run go", ["aws s3 sync pages", "flyctl deploy"]],
    ["npm run ship", ["aws s3 sync pages", "flyctl deploy mail"]],
    ["npm run loop", []],
    ["yarn go", ["aws s3 sync pages", "flyctl deploy"]],
    ["yarn install", []],
    ["pnpm --filter web up", []],
    ["pnpm --filter web run up", ["flyctl deploy web"]],
    ["npm run up -w @shop/api", ["flyctl deploy api"]],
    ["npx turbo run up", ["flyctl deploy api", "flyctl deploy web"]],
    ["cd mono && npx nx run shop:up:live", ["flyctl deploy shop", "aws s3 sync shop"]],
    ["cd mono && nx up mail", ["flyctl deploy mail"]],
    [
      "cd mono && pnpm exec nx run-many --target=up --projects=mail,@x/b",
      ["flyctl deploy mail", "wrangler deploy mono/libs/a/b"],
    ],
    [
      "cd mono && npm run all",
      ["flyctl deploy shop", "aws s3 sync shop", "flyctl deploy mail", "wrangler deploy mono/libs/a/b"],
    ],
    ["nx up mail", []],
    ["npm --prefix packages/web run up", ["flyctl deploy web"]],
    ["just up live", ["aws s3 sync pages", "flyctl deploy mail-live"]],
    ["just", ["aws s3 sync pages", "flyctl deploy mail-qa"]],
    ["task up", ["aws s3 sync pages", "flyctl deploy mail", "flyctl deploy note"]],
    ["cd broken && npm run go", []],
    ["cd broken && task up", []],
  ];
  for (const [command, wanted] of told) test(command, () => assert.deepEqual(effects(command, files), wanted));

  test("make itself would run the same lines", needs("make"), () => {
    const folder = mkdtempSync(join(tmpdir(), "baton-make-"));
    after(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, "Makefile"), makefile);
    for (const words of [[], ["live", "STAGE=live"], ["mail-pages"]]) {
      const lines = execFileSync("make", ["-n", ...words], { cwd: folder, encoding: "utf8" });
      assert.deepEqual(effects(`make ${words.join(" ")}`, files), effects(lines, {}));
    }
  });
});

test("whatever stands in such files, reading ends", () => {
  const pieces = fc.constantFrom(
    "a:",
    "\t",
    "$(A)",
    "A=$(A)$(A)",
    "f() {\n",
    "}\n",
    "case $1 in",
    "esac",
    "if [ a = b ]; then",
    "fi",
    "\n",
    "make a",
    "./s.sh $@",
    "npm run a",
    "just a",
    "task a",
    '{"scripts":{"a":"npm run a && npm run a"}}',
    "tasks: {a: {cmds: [{task: a}]}}",
    "\uE001",
    "$1",
    "shift",
  );
  const text = fc.array(pieces, { maxLength: 25 }).map((all) => all.join(""));
  fc.assert(
    fc.property(text, text, (one, other) => {
      const files = { "s.sh": one, Makefile: one, justfile: other, "package.json": other, "Taskfile.yml": other };
      const found = accesses("./s.sh a b\nmake a\njust a\nnpm run a\ntask a\nturbo run a", files);
      assert.ok(Array.isArray(found));
    }),
    tries(300),
  );
});

test("a script that calls itself thousands of times is not opened as often", () => {
  const files: Files = { "s.sh": "./s.sh a; ".repeat(3_000) };
  let reads = 0;
  const counted = new Proxy(files, {
    get: (target, path) => {
      reads++;
      return Reflect.get(target, path);
    },
  });
  accesses("./s.sh a b", counted);
  assert.ok(reads < 1_000, `${reads} times`);
});

describe("programs of the repository, as far as they run commands", () => {
  const programs: readonly (readonly [string, Files, readonly string[]])[] = [
    ["node scripts/x.mjs", { "scripts/x.mjs": 'execSync("flyctl deploy --app api", options);' }, ["flyctl deploy api"]],
    [
      "npx tsx x.ts",
      { "x.ts": "await $`terraform -chdir=infra apply`;\n// $`npm publish`" },
      ["terraform apply infra"],
    ],
    [
      "python3 x.py",
      { "x.py": 'subprocess.run(["flyctl", "deploy", "--app", name], check=True)' },
      ["flyctl deploy $_"],
    ],
    ["./x.mjs", { "x.mjs": 'spawnSync("npm", ["publish"])' }, ["npm publish"]],
    ["node x.js", { "x.js": "console.log('npm publish'); const text = `flyctl deploy`;" }, []],
    ["node x.js", { "x.js": "octokit.rest.repos.createRelease({ tag_name, draft: true })" }, []],
  ];
  for (const [text, files, expected] of programs) {
    test(`${text}: ${Object.values(files)[0]}`, () => {
      assert.deepEqual(effects(text, files), expected);
      assert.ok(accesses(text, files).every(({ confidence }) => confidence === "low" || expected.length === 0));
    });
  }
});
