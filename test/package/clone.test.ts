import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

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
