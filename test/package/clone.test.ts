import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { fullDepth } from "../lane/needs.ts";

test("a clone in which nothing was installed says what to do", (t) => {
  const clone = mkdtempSync(join(tmpdir(), "baton-clone-"));
  t.after(() => rmSync(clone, { recursive: true }));
  for (const folder of ["bin", "src"]) mkdirSync(join(clone, folder));
  writeFileSync(join(clone, "package.json"), '{"type":"module"}');
  const program = join(clone, "bin", "baton.cjs");
  copyFileSync(fileURLToPath(new URL("../../bin/baton.cjs", import.meta.url)), program);
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, "plan"], { encoding: "utf8" });
  assert.deepEqual([status, stdout], [2, ""], stderr);
  assert.match(stderr, /^baton: the packages .* are not installed in this clone\n {2}next: npm ci /);
});

test("a build that fails leaves what was built before, and nothing else", fullDepth(), (t) => {
  const clone = mkdtempSync(join(tmpdir(), "baton-clone-"));
  t.after(() => rmSync(clone, { recursive: true }));
  const root = fileURLToPath(new URL("../..", import.meta.url));
  for (const name of ["bin", "build", "src", "package.json", "tsconfig.json"])
    cpSync(join(root, name), join(clone, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(clone, "node_modules"));
  const build = () => spawnSync(process.execPath, ["build/build.ts"], { cwd: clone, encoding: "utf8" });
  const built = () => readdirSync(join(clone, "dist"), { recursive: true, encoding: "utf8" }).sort();
  const first = build();
  assert.equal(first.status, 0, first.stderr);
  const before = built();
  assert.ok(before.includes("inputs.json") && before.includes(join("types", "index.d.ts")), before.join());
  // Still there when all but the types is made anew.
  appendFileSync(join(clone, "src/index.ts"), '\nexport const wrong: number = "text";\n');
  assert.equal(build().status, 1);
  assert.deepEqual(built(), before);
  assert.deepEqual(
    readdirSync(clone).filter((name) => name.startsWith("dist")),
    ["dist"],
  );
});
