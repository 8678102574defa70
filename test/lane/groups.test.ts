import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { type TestContext, test } from "node:test";
import { groupsOf } from "./groups.ts";

const start = `import { test } from "node:test";\n`;

/** What may share a process, of test files that are written somewhere. */
function sharing(t: TestContext, files: Record<string, string>, lane: "fast" | "full" = "fast"): string[] {
  const folder = mkdtempSync(join(tmpdir(), "groups-"));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "around"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const tests = Object.keys(files).filter((name) => name.endsWith(".test.ts"));
  const { alone, groups } = groupsOf(
    tests.map((name) => join(folder, name)),
    lane,
  );
  assert.deepEqual([...alone, ...groups.flat()].map((file) => basename(file)).toSorted(), tests.toSorted());
  return groups.flat().map((file) => basename(file));
}

test("what leaves the process as it was shares one with others, with what it loads", (t) => {
  const files = {
    "reads.test.ts": `${start}import { readFileSync } from "node:fs";\nimport { one } from "./around/one.ts";\nprocess.env.HOME === "";\n`,
    "starts.test.ts": `${start}import { spawn } from "node:child_process";\nspawn(process.execPath);\n`,
    "apart.test.ts": `import { before, describe } from "node:test";\ndescribe("x", () => {\n  before(() => {});\n});\n`,
    "around/one.ts": `import { after } from "node:test";\nexport const one = 1;\n`,
  };
  assert.deepEqual(sharing(t, files).toSorted(), ["apart.test.ts", "reads.test.ts", "starts.test.ts"]);
});

const tellTales = {
  "sets a variable of the environment": `process.env.HOME = "";`,
  "removes one": `delete process.env.HOME;`,
  "changes the folder": `process.chdir("/");`,
  "gives up its rights": `process.setuid(1);`,
  "listens to what happens to the process": `process.on("exit", () => {});`,
  "leaves something for all": `globalThis.x = 1;`,
  "has a clock of its own": `test("x", (t) => t.mock.timers.enable());`,
  "surrounds the tests of all": `import { beforeEach } from "node:test";\nbeforeEach(() => {});`,
  "tidies up after all": `import { after } from "node:test";\nafter(() => {});`,
};

for (const [what, line] of Object.entries(tellTales)) {
  test(`what ${what} runs alone`, (t) => {
    assert.deepEqual(sharing(t, { "a.test.ts": `${start}${line}\n`, "b.test.ts": start }), ["b.test.ts"]);
    const below = { "a.test.ts": `${start}export { x } from "./around/x.ts";\n`, "around/x.ts": `${line}\n` };
    assert.deepEqual(sharing(t, below), [], "also when what it loads does");
  });
}

test("a test that stands in another file than its own runs alone, as a failure is named by where it stands", (t) => {
  const files = { "a.test.ts": `import "./around/tests.ts";\n`, "around/tests.ts": `${start}test("x", () => {});\n` };
  assert.deepEqual(sharing(t, files), []);
});

test("what does more at full depth runs alone there", (t) => {
  const files = {
    "deep.test.ts": `${start}import { fullDepth } from "./around/needs.ts";\ntest("x", fullDepth(), () => {});\n`,
    "other.test.ts": start,
    "around/needs.ts": "export const fullDepth = () => ({});\n",
  };
  assert.deepEqual(sharing(t, files).toSorted(), ["deep.test.ts", "other.test.ts"]);
  assert.deepEqual(sharing(t, files, "full"), ["other.test.ts"]);
});

test("those that share a process at full depth are others than in the fast lane", (t) => {
  const files = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`${i}.test.ts`, start]));
  const [fast, full] = (["fast", "full"] as const).map((lane) => sharing(t, files, lane));
  assert.deepEqual(fast!.toSorted(), full!.toSorted());
  assert.notDeepEqual(fast, full);
});
