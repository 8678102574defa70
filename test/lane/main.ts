/**
 * Runs the tests, as `npm test` does: `node test/lane/main.ts [FILE...]`. Gives them a temporary folder of their own with
 * nothing above it that they could lean on, and says at the end what was left out and what was left behind.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isFull } from "./depth.ts";
import { leftFiles, leftProcessesAfter } from "./leftovers.ts";
import { skippedFor } from "./needs.ts";
import type { Skipped } from "./skip-reporter.ts";

const beside = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const minute = 60_000;
const limits = isFull ? { test: 10 * minute, run: 60 * minute } : { test: 2 * minute, run: 15 * minute };

const own = realpathSync(mkdtempSync(join(tmpdir(), "baton-tests-")));
const scratch = join(own, "tmp");
const skippedFile = join(own, "skipped.jsonl");
mkdirSync(scratch);
// A test that gives up its rights as superuser still has to get there.
chmodSync(own, 0o755);

const child = spawn(
  process.execPath,
  [
    "--test",
    "--test-concurrency=2",
    `--test-timeout=${limits.test}`,
    `--import=${new URL("file-limit.ts", import.meta.url).href}`,
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
    `--test-reporter=${beside("skip-reporter.ts")}`,
    `--test-reporter-destination=${skippedFile}`,
    ...(process.argv.length > 2 ? process.argv.slice(2) : ["test/**/*.test.ts"]),
  ],
  {
    cwd: beside("../.."),
    stdio: "inherit",
    env: {
      ...process.env,
      TMPDIR: scratch,
      NODE_COMPILE_CACHE: join(own, "compile-cache"),
      // A first shell that has a socket as standard input takes itself for a remote one and reads somebody's start-up file.
      SHLVL: process.env.SHLVL ?? "1",
    },
  },
);
// The tests are ended by what ends this; this one stays to clean up. A Ctrl-C reaches both.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill("SIGINT"));
const limit = setTimeout(() => child.kill("SIGINT"), limits.run);
const [code] = (await once(child, "exit")) as [number | null];
clearTimeout(limit);

const skipped = existsSync(skippedFile)
  ? readFileSync(skippedFile, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Skipped)
  : [];
const problems = [...told(skipped), ...(await leftBehind())];
rmSync(own, { recursive: true, force: true });
for (const problem of problems) console.error(problem);
process.exitCode = code === 0 && problems.length === 0 ? 0 : 1;

/** Says what was left out. Returns what must not be: on CI nothing is missing. */
function told(all: readonly Skipped[]): string[] {
  const reasons = all.map(({ reason }) => skippedFor(reason));
  const lacking = reasons.filter((reason) => reason !== "depth");
  const slow = reasons.length - lacking.length;
  if (slow > 0) console.log(`not in the fast lane: ${slow}; BATON_TEST_DEPTH=full runs them`);
  if (lacking.length === 0) return [];
  console.log(`skipped, because something is missing: ${lacking.length}`);
  const whats = Map.groupBy(lacking.flat(), ({ what }) => what);
  for (const [what, tests] of [...whats].sort(([a], [b]) => (a < b ? -1 : 1))) {
    console.log(`  ${what.padEnd(12)} ${String(tests.length).padStart(3)}   ${tests[0]!.howToGet}`.trimEnd());
  }
  return process.env.CI ? ["with CI set no test may be skipped because something is missing"] : [];
}

/** What tests left behind. Processes are ended: they would keep what they hold. */
async function leftBehind(): Promise<string[]> {
  const processes = await leftProcessesAfter(own, 5_000);
  for (const { pid } of processes) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended after all.
    }
  }
  return [
    ...processes.map(({ pid, command }) => `left behind by a test: process ${pid}, ${command}`),
    ...leftFiles(scratch).map((name) => `left behind by a test, in its temporary folder: ${name}`),
  ];
}
