/**
 * The package in the projects that people have: made by `npm init` (which writes `"type": "commonjs"`), of ES modules, and
 * without a package.json; and on an older Node. Nothing is installed from a registry here: see installed.test.ts.
 */

import assert from "node:assert/strict";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { fullDepth } from "../lane/needs.ts";
import { packed, run } from "./unpacked.ts";

const kinds: Record<string, string | undefined> = {
  CommonJS: '{ "name": "shop", "version": "1.0.0", "type": "commonjs" }\n',
  "ES module": '{ "name": "shop", "version": "1.0.0", "type": "module" }\n',
  typeless: '{ "name": "shop" }\n',
  unpackaged: undefined,
};

describe("the unpacked package", fullDepth("tar"), () => {
  const { scratch, project } = packed();
  const baton = (cwd: string, ...args: string[]) =>
    run(join(cwd, "node_modules/.bin/baton"), args, { cwd, home: scratch });

  /** A project of its own, with the package where npm would put it. */
  function fresh(name: string, files: Readonly<Record<string, string>>): string {
    const folder = join(scratch, name.replaceAll(" ", "-"));
    cpSync(project, folder, { recursive: true, verbatimSymlinks: true });
    mkdirSync(join(folder, "node_modules/.bin"));
    symlinkSync("../baton-cd/bin/baton", join(folder, "node_modules/.bin/baton"));
    for (const [path, text] of Object.entries({ ".gitignore": "node_modules\n", ...files })) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    for (const args of [
      ["init", "--quiet", "--initial-branch=trunk"],
      ["add", "--all"],
      ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "--quiet", "--message", "start"],
    ])
      assert.equal(run("git", args, { cwd: folder, home: scratch }).status, 0);
    return folder;
  }

  for (const [kind, manifest] of Object.entries(kinds)) {
    test(`in a project of the kind ${kind}: init, plan, run`, () => {
      const folder = fresh(kind, manifest === undefined ? {} : { "package.json": manifest });
      for (const format of manifest === undefined ? ["ts", "yaml"] : ["ts"]) {
        const file = format === "ts" ? "baton.config.ts" : "baton.yaml";
        const init = baton(folder, "init", "--format", format);
        assert.equal(init.status, 0, init.stderr);
        assert.match(init.stderr, new RegExp(`^${file.replaceAll(".", "\\.")}: .*\nnext: baton run  `));
        const plan = baton(folder, "plan", "--json");
        assert.equal(plan.status, 0, plan.stderr);
        const { jobs } = JSON.parse(plan.stdout) as { jobs: { id: string }[] };
        assert.deepEqual(jobs.map(({ id }) => id).sort(), ["infra.apply@dev", "web.build", "web.deploy@dev"]);
        const done = baton(folder, "run", "--force");
        assert.equal(done.status, 0, done.stderr);
        assert.match(done.stderr + done.stdout, /https:\/\/dev\.example\.com/, "the output was handed over");
        for (const { stderr } of [init, plan, done]) assert.doesNotMatch(stderr, /warning|node:/i);
        const again = baton(folder, "init", "--format", format);
        assert.equal(again.status, 2);
        assert.match(again.stderr, /is here already; nothing was written\n {2}next: baton plan/);
        assert.equal(run("rm", [file], { cwd: folder, home: scratch }).status, 0);
      }
    });
  }

  test("the example that comes with it runs where it is copied to", () => {
    const folder = fresh("example", {});
    cpSync(join(folder, "node_modules/baton-cd/examples/storefront"), join(folder, "storefront"), { recursive: true });
    const cwd = join(folder, "storefront");
    const done = run("../node_modules/.bin/baton", ["run", "--env", "dev"], { cwd, home: scratch });
    assert.equal(done.status, 0, done.stderr);
  });

  describe("on a Node that is too old", () => {
    /** Says so when it is called, as nothing else can be told from which Node it was. */
    const old = join(scratch, "old");
    mkdirSync(old);
    writeFileSync(join(old, "node"), "#!/bin/sh\necho the node on the path\n");
    chmodSync(join(old, "node"), 0o755);

    const version = (folder: string, cwd = folder) =>
      run(join(folder, "node_modules/.bin/baton"), ["--version"], {
        cwd,
        home: scratch,
        programs: [old],
      }).stdout.trim();

    /** What `npm install --save-dev node` leaves behind. */
    function installNode(folder: string, number: string): void {
      mkdirSync(join(folder, "node_modules/node/bin"), { recursive: true });
      writeFileSync(
        join(folder, "node_modules/node/package.json"),
        JSON.stringify({ name: "node", version: number, license: "MIT" }, null, 2),
      );
      symlinkSync(process.execPath, join(folder, "node_modules/node/bin/node"));
    }

    test("the project's own Node is used where it is new enough, else the one on the path", () => {
      const { version: ours } = JSON.parse(
        readFileSync(join(project, "node_modules/baton-cd/package.json"), "utf8"),
      ) as { version: string };
      const plain = fresh("no node", {});
      assert.equal(version(plain), "the node on the path");
      const older = fresh("older node", {});
      installNode(older, "22.12.0");
      assert.equal(version(older), "the node on the path");
      for (const number of ["24.0.0", "26.1.0"]) {
        const newer = fresh(`node ${number}`, {});
        installNode(newer, number);
        assert.equal(version(newer), ours);
        assert.equal(version(newer, scratch), ours, "from any folder");
      }
      // Somebody else's folder is only looked at: what lies in it is never started.
      const foreign = join(scratch, "foreign");
      mkdirSync(foreign);
      installNode(foreign, "24.0.0");
      assert.equal(version(plain, foreign), "the node on the path");
    });

    test("a package that is linked to from elsewhere finds the Node beside the link", () => {
      const folder = fresh("linked", {});
      const kept = join(folder, "node_modules/.store/baton-cd@1");
      mkdirSync(dirname(kept));
      assert.equal(run("mv", [join(folder, "node_modules/baton-cd"), kept], { cwd: folder, home: scratch }).status, 0);
      symlinkSync(kept, join(folder, "node_modules/baton-cd"));
      installNode(folder, "24.0.0");
      const bin = join(folder, "node_modules/baton-cd/bin/baton");
      assert.ok(existsSync(bin));
      const { stdout } = run(bin, ["--version"], { cwd: folder, home: scratch, programs: [old] });
      assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
    });
  });
});
