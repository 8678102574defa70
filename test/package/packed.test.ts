/** What is in the package: all that it needs, all that its pages lead to, and nothing else. */

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, test } from "node:test";
import { needs } from "../lane/needs.ts";
import { packed, root, run } from "./unpacked.ts";

/** Of the tarball. What makes it larger is to be looked at, not to be waved through. */
const limitBytes = 1_800_000;

describe("the packed package", needs("tar"), () => {
  const { scratch, archive, project } = packed();
  const installed = join(project, "node_modules/baton-cd");
  const files = readdirSync(installed, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(installed, join(parentPath, name)));

  test("reads Terraform's own language, with nothing else installed", () => {
    const folder = join(root, "test/check/err/artifact-not-produced/terraform");
    const { status, stdout, stderr } = run(join(installed, "bin/baton"), ["check", folder, "--json"], {
      cwd: scratch,
      home: scratch,
    });
    assert.equal(status, 1, stderr);
    const { findings } = JSON.parse(stdout) as {
      findings: { rule: string; file: string; line: number; column: number }[];
    };
    assert.deepEqual(
      findings.map(({ rule, file, line, column }) => [rule, file, line, column]),
      [["artifact-not-produced", "delivery/pipeline.tf", 8, 33]],
    );
  });

  test("says how to get the driver of a database, which is not installed with it", () => {
    writeFileSync(join(scratch, "baton.yaml"), "name: shop\n");
    const words = ["admin", "import", "--database", "postgres://db.example.com/baton", "--delivery", "shop"];
    const { status, stderr } = run(join(installed, "bin/baton"), words, { cwd: scratch, home: scratch });
    assert.equal(status, 1, stderr);
    assert.match(stderr, /the package pg, which is not installed.*npm install/);
  });

  test("brings the licences of what it was built from along", () => {
    for (const name of ["web-tree-sitter", "tree-sitter-terraform"]) {
      for (const kind of ["wasm", "LICENSE"])
        assert.ok(existsSync(join(installed, `dist/hcl/${name}.${kind}`)), `${name}.${kind}`);
    }
  });

  test("has what its pages lead to", () => {
    const pages = files.filter((file) => file.endsWith(".md"));
    assert.ok(pages.includes("README.md") && pages.includes("docs/definition.md"), "the pages are there");
    for (const page of pages) {
      const text = readFileSync(join(installed, page), "utf8");
      for (const [, target] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
        if (/^\w+:/.test(target!)) continue;
        assert.ok(existsSync(join(installed, dirname(page), target!)), `${page} leads to ${target}, which is missing`);
      }
    }
  });

  test("has its example and its schema, and nothing that a run leaves behind", () => {
    for (const file of ["examples/storefront/baton.config.ts", "schema/delivery.schema.json", "dist/types/index.d.ts"])
      assert.ok(files.includes(file), file);
    assert.deepEqual(
      files.filter((file) => /(^|\/)(\.baton|\.storefront|\.terraform|node_modules)\//.test(file)),
      [],
    );
  });

  test("stays small", () => {
    assert.ok(statSync(archive).size < limitBytes, `${statSync(archive).size} bytes`);
  });
});
