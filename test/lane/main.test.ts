import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("main.ts", import.meta.url));

/** Runs the tests of a fixture where no program is but Node and what the shell itself needs. */
function run(fixture: string, env: Record<string, string> = {}) {
  const { CI, NODE_TEST_CONTEXT, NODE_OPTIONS, BATON_TEST_DEPTH, ...others } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, `test/lane/fixtures/${fixture}`], {
    encoding: "utf8",
    env: { ...others, PATH: dirname(process.execPath), ...env },
  });
  return { status, stdout, stderr };
}

test("what is left out is counted, by what is missing and apart from what is slow, and is no failure", () => {
  const { status, stdout, stderr } = run("skips.ts");
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^not in the fast lane: 1; BATON_TEST_DEPTH=full runs them$/m);
  assert.match(stdout, /^skipped, because something is missing: 3$/m);
  assert.match(
    stdout,
    /^ {2}dot +2 +apt-get install graphviz\n {2}jq +1 +apt-get install jq\n {2}the moon is full +1$/m,
  );
});

test("with CI set a missing program is a failure; full depth leaves nothing out for being slow", () => {
  const { status, stdout, stderr } = run("skips.ts", { CI: "true", BATON_TEST_DEPTH: "full" });
  assert.equal(status, 1);
  assert.match(stderr, /with CI set no test may be skipped because something is missing/);
  assert.doesNotMatch(stdout, /fast lane/);
});

test("a process and a folder that a test leaves behind are named, are a failure, and do not stay", () => {
  const { status, stderr } = run("leaves-behind.ts", { PATH: process.env.PATH ?? "" });
  assert.equal(status, 1);
  assert.match(stderr, /^left behind by a test, in its temporary folder: left-folder-/m);
  if (process.platform !== "linux") return;
  const pid = /^left behind by a test: process (\d+), sleep 600$/m.exec(stderr)?.[1];
  assert.ok(pid, stderr);
  // One that has ended and that nobody has asked about yet has no command any more.
  const command = `/proc/${pid}/cmdline`;
  assert.ok(!existsSync(command) || readFileSync(command, "utf8") === "");
});
