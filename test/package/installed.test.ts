/**
 * The package as npm installs it, with what it depends on. Needs a registry of npm packages, or a cache that has them; and
 * for the remedy that an old Node is told, one on the path.
 */

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fullDepth } from "../lane/needs.ts";
import { packed, programFolders, run } from "./unpacked.ts";

/** A folder with a Node that is too old for Baton. */
const oldNode = programFolders().find((folder) => {
  const { stdout } = run(join(folder, "node"), ["--version"], { cwd: "/", home: homedir(), programs: [] });
  return /^v(1\d|2[0-3])\./.test(stdout ?? "");
});

/** False when nothing can be installed here at all. */
function install(t: TestContext, cwd: string, programs: readonly string[], ...packages: string[]): boolean {
  const args = ["install", "--prefer-offline", "--no-audit", "--no-fund", ...packages];
  const { status, stderr } = run("npm", args, { cwd, home: homedir(), programs });
  if (status !== 0 && !process.env.CI && /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT/.test(stderr)) {
    t.skip("needs a registry of npm packages (or a cache of npm that has those of package.json)");
    return false;
  }
  assert.equal(status, 0, stderr);
  return true;
}

test("npm installs it, and on an old Node what is printed helps", fullDepth("tar", "npx"), (t) => {
  if (oldNode === undefined) return t.skip("needs a node older than 24 on the path (https://nodejs.org/en/download)");
  const { scratch, archive } = packed();
  const cwd = join(scratch, "shop");
  const programs = [oldNode];
  const surroundings = { cwd, home: homedir(), programs };
  mkdirSync(cwd);
  assert.equal(run("git", ["init", "--quiet"], surroundings).status, 0);
  assert.equal(run("npm", ["init", "-y"], surroundings).status, 0);
  if (!install(t, cwd, programs, "--save-dev", archive)) return;

  const refused = run("npx", ["baton", "init"], surroundings);
  assert.equal(refused.status, 2, refused.stderr);
  assert.match(refused.stderr, /^baton: Node\.js 24 or newer is needed, this is /);
  const remedy = /next: npm install (--save-dev node@24) /.exec(refused.stderr)?.[1];
  assert.ok(remedy, refused.stderr);

  if (!install(t, cwd, programs, ...remedy.split(" "))) return;
  for (const [command, ...args] of [
    ["npx", "baton", "init"],
    ["npx", "baton", "plan"],
    // Without npm, which puts the programs of the project first on the path.
    ["node_modules/.bin/baton", "run"],
  ] as const) {
    const { status, stderr } = run(command, args, surroundings);
    assert.equal(status, 0, `${command} ${args.join(" ")}: ${stderr}`);
    assert.doesNotMatch(stderr, /warning|node:/i);
  }
});
