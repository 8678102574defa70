/**
 * What reads the sources without running them. Beside the other tests, since none of these fills two cores, and early by its
 * name, since each takes long. One checker of types each: several check twice what they share. What they found is kept for the
 * next time, except on CI, where there is none.
 */
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { isFull } from "./lane/depth.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

const tsc = (project: string, name: string) => [
  "node_modules/typescript/bin/tsc",
  ...["--pretty", "false", "--checkers", "1", "-p", project],
  ...(process.env.CI ? [] : ["--incremental", "--tsBuildInfoFile", `node_modules/.cache/baton/${name}.tsbuildinfo`]),
];

const git = (...args: string[]) => spawnSync("git", args, { cwd: root, encoding: "utf8" });
const linesOf = (...args: string[]) =>
  git(...args)
    .stdout.split("\n")
    .filter(Boolean);

/** What is not on the main branch yet; everything at full depth, and where no branch is called so. */
function toLint(): string[] {
  const main = ["origin/main", "main"].find((branch) => git("rev-parse", "--verify", "--quiet", branch).status === 0);
  if (isFull || main === undefined) return ["."];
  const changed = linesOf("diff", "--name-only", "--diff-filter=d", main);
  const files = [...changed, ...linesOf("ls-files", "--others", "--exclude-standard")];
  // Without any name it would read everything.
  return files.length === 0 ? ["biome.json"] : files;
}

const readers = {
  "the linter finds nothing, and each file is formatted": [
    "node_modules/@biomejs/biome/bin/biome",
    "check",
    "--no-errors-on-unmatched",
    ...toLint(),
  ],
  "types fit": tsc(".", "types"),
  "types fit in the dashboard": tsc("src/web", "web-types"),
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
