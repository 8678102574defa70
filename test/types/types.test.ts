import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

/**
 * `err/*.ts` must not compile: each error that is expected stands in a comment before its line,
 * `// expect TS2551 words of its message`, and there is no other. `ok/*.ts` must compile.
 */
const folder = fileURLToPath(new URL("./", import.meta.url));
const root = fileURLToPath(new URL("../../", import.meta.url));

interface Found {
  line: number;
  code: string;
  message: string;
}

function compile(): Map<string, Found[]> {
  const tsc = `${root}node_modules/typescript/bin/tsc`;
  const run = spawnSync(process.execPath, [tsc, "-p", folder, "--pretty", "false"], { cwd: root, encoding: "utf8" });
  assert.equal(run.stderr, "");
  const found = new Map<string, Found[]>();
  for (const line of run.stdout.split("\n")) {
    const match = /^(\S+)\((\d+),\d+\): error (TS\d+): (.*)$/.exec(line);
    if (match) {
      const [, file, row, code, message] = match as unknown as [string, string, string, string, string];
      const errors = found.get(file) ?? [];
      found.set(file, [...errors, { line: Number(row), code, message }]);
    } else if (line.startsWith("  ")) {
      // The reasons of an error are indented below it.
      const last = [...found.values()].at(-1)?.at(-1);
      if (last) last.message += `\n${line}`;
    } else assert.equal(line, "", "the compiler said something that is not an error of a file");
  }
  return found;
}

const errors = compile();

for (const name of readdirSync(`${folder}err`).sort()) {
  test(`err/${name} is refused where it is wrong`, () => {
    const lines = readFileSync(`${folder}err/${name}`, "utf8").split("\n");
    const expected = lines.flatMap((text, index) => {
      const match = /^\s*\/\/ expect (TS\d+) (.*)$/.exec(text);
      const wrong = lines.findIndex((line, at) => at > index && !/^\s*\/\//.test(line));
      return match ? [{ line: wrong + 1, code: match[1]!, message: match[2]! }] : [];
    });
    assert.ok(expected.length > 0, "a fixture in err/ expects an error");
    const found = errors.get(`test/types/err/${name}`) ?? [];
    const summary = ({ line, code }: Found) => `${line} ${code}`;
    assert.deepEqual(found.map(summary), expected.map(summary), found.map((error) => error.message).join("\n"));
    for (const [index, { message }] of expected.entries()) {
      assert.ok(found[index]!.message.includes(message), `"${message}" is not in: ${found[index]!.message}`);
    }
  });
}

test("nothing else is refused: ok/ and the model itself compile", () => {
  const elsewhere = [...errors].filter(([file]) => !file.startsWith("test/types/err/"));
  assert.deepEqual(elsewhere, []);
});
