import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { fullDepth } from "./needs.ts";

const main = fileURLToPath(new URL("main.ts", import.meta.url));

/** Runs the tests of fixtures where no program is but Node and what the shell itself needs. */
function run(fixtures: string | string[], env: Record<string, string> = {}) {
  const { CI, NODE_TEST_CONTEXT, NODE_OPTIONS, BATON_TEST_DEPTH, BATON_TEST_SEED, ...others } = process.env;
  const files = [fixtures].flat().map((name) => `test/lane/fixtures/${name}`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...files], {
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

test("a process and a folder that a test leaves behind are named, are a failure, and do not stay", fullDepth(), () => {
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

test("of files that share a process, each that fails is named and is run again alone", () => {
  const files = ["is-right", "is-wrong", "cannot-load"].map((name) => `grouped/${name}.ts`);
  const { status, stdout } = run(files);
  assert.equal(status, 1);
  const again = [...stdout.matchAll(/^run again, alone: (.*)$/gm)].map(([, file]) => file);
  assert.deepEqual(again.toSorted(), [
    "test/lane/fixtures/grouped/cannot-load.ts",
    "test/lane/fixtures/grouped/is-wrong.ts",
  ]);
  assert.match(stdout, /a mistake in the file/);
  if (process.platform !== "linux") return;
  const took = stdout.slice(stdout.indexOf("\nCPU time: "));
  assert.match(took, /^\nCPU time: \d+ s; most of it\n/);
  for (const file of files) assert.match(took, new RegExp(`^ +\\d+\\.\\d s {3}test/lane/fixtures/${file}$`, "m"));
});

/** Fixtures of `unsteady/`, none of which has been run yet. */
function runUnsteady(...names: string[]) {
  const folder = mkdtempSync(join(tmpdir(), "unsteady-"));
  try {
    return run(
      names.map((name) => `unsteady/${name}.ts`),
      { UNSTEADY_FOLDER: folder },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("what fails once and passes alone is told, and is no failure", fullDepth(), () => {
  const { status, stdout } = runUnsteady("loses-a-race", "ends-badly");
  assert.equal(status, 0, stdout);
  const files = "test/lane/fixtures/unsteady";
  assert.ok(
    stdout.endsWith(
      [
        "failed once, passed when run again: 2",
        `  ${files}/ends-badly.ts: outside of its tests\n    test failed`,
        `  ${files}/loses-a-race.ts: comes first\n    came second\n`,
      ].join("\n"),
    ),
    stdout,
  );
});

test("what fails again is a failure, also beside what fails once", fullDepth(), () => {
  const { status, stdout } = runUnsteady("loses-a-race", "is-wrong");
  assert.equal(status, 1);
  assert.equal(stdout.match(/^run again, alone: /gm)?.length, 2, stdout);
  assert.doesNotMatch(stdout, /failed once/);
});

test("a property that found a case is run again with that case", fullDepth(), () => {
  const { status, stdout } = runUnsteady("finds-a-case");
  assert.equal(status, 1);
  assert.match(stdout, /^run again, alone and with seed -42: .*finds-a-case\.ts$/m);
});

test("more than three files that fail are not run again", fullDepth(), () => {
  const { status, stdout, stderr } = runUnsteady("loses-a-race", "is-wrong", "finds-a-case", "ends-badly");
  assert.equal(status, 1);
  assert.match(stderr, /^4 files failed; they are not run again, since they are more than 3$/m);
  assert.doesNotMatch(stdout, /run again, alone|failed once/);
});

test("what is left behind is a failure even when the test passes the second time", fullDepth(), () => {
  const { status, stdout, stderr } = runUnsteady("loses-a-race", "leaves-behind-once");
  assert.equal(status, 1);
  assert.match(stdout, /failed once, passed when run again: 2/);
  assert.match(stderr, /^left behind by a test, in its temporary folder: left-folder-/m);
});
