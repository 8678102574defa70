/**
 * What reads the sources without running them. Beside the other tests, since none of these fills two cores, and early by its
 * name, since each takes long. One checker of types each: several check twice what they share.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const tsc = ["node_modules/typescript/bin/tsc", "--pretty", "false", "--checkers", "1"];
const readers = {
  "the linter finds nothing, and each file is formatted": ["node_modules/@biomejs/biome/bin/biome", "check"],
  "types fit": [...tsc, "-p", "."],
  "types fit in the dashboard": [...tsc, "-p", "src/web"],
};

for (const [name, args] of Object.entries(readers)) {
  test(name, { timeout: 10 * 60_000 }, async () => {
    const { status, said } = await run(args);
    assert.equal(status, 0, said);
  });
}

function run(args: readonly string[]): Promise<{ status: unknown; said: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: root, maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
      resolve({ status: error === null ? 0 : error.code, said: `${stdout}${stderr}` }),
    );
  });
}
