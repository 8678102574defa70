/** The package as people install it: what it needs to read Terraform's own language is in it. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { needs } from "../lane/needs.ts";

const root = join(import.meta.dirname, "../..");
const scratch = mkdtempSync(join(tmpdir(), "baton-package-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

function run(command: string, args: readonly string[], cwd: string) {
  // The Node that runs this test, and no package of this repository.
  const others = (process.env.PATH ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"));
  const PATH = [dirname(process.execPath), ...others].join(delimiter);
  const done = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    env: { PATH, HOME: scratch, NO_COLOR: "1", CI: "1" },
  });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

describe("the packed package", needs("tar"), () => {
  const installed = join(scratch, "package");
  before(() => {
    assert.ok(existsSync(join(root, "dist/cli.js")), "there is no bundle: npm run build");
    // `npm test` has built it; building again here would pull it away under the other tests.
    const packed = run("npm", ["pack", "--ignore-scripts", "--pack-destination", scratch], root);
    assert.equal(packed.code, 0, packed.err);
    const archive = packed.out.trim().split("\n").at(-1)!;
    assert.equal(run("tar", ["xzf", archive], scratch).code, 0);
  });

  test("reads Terraform's own language, with nothing else installed", () => {
    const folder = join(root, "test/check/err/artifact-not-produced/terraform");
    const { code, out, err } = run(join(installed, "bin/baton"), ["check", folder, "--json"], scratch);
    assert.equal(code, 1, err);
    const { findings } = JSON.parse(out) as {
      findings: { rule: string; file: string; line: number; column: number }[];
    };
    assert.deepEqual(
      findings.map(({ rule, file, line, column }) => [rule, file, line, column]),
      [["artifact-not-produced", "delivery/pipeline.tf", 8, 33]],
    );
  });

  test("brings the licences of what it was built from along", () => {
    for (const name of ["web-tree-sitter", "tree-sitter-terraform"]) {
      for (const kind of ["wasm", "LICENSE"])
        assert.ok(existsSync(join(installed, `dist/hcl/${name}.${kind}`)), `${name}.${kind}`);
    }
  });
});
