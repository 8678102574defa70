/**
 * Runs the tests, as `npm test` does: `node test/lane/main.ts [FILE...]`. Gives them a temporary folder of their own with
 * nothing above it that they could lean on, runs once more what failed among the others, and says at the end what was left
 * out, what failed once, what was left behind, and which files took the most.
 */
import { chmodSync, globSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { cpuSeconds } from "./cpu-time.ts";
import { groupProgram, groupsOf, isGroup } from "./groups.ts";
import { skippedFor } from "./needs.ts";
import type { Failed, Skipped } from "./result-reporter.ts";
import { type Round, runRound } from "./round.ts";

/** When more files than this fail, it is not a test that is unsteady, it is the machine or the code. */
const mostFilesAgain = 3;

/** So many files are named by what they took. */
const mostNamed = 10;

const own = realpathSync(mkdtempSync(join(tmpdir(), "baton-tests-")));
// A test that gives up its rights as superuser still has to get there.
chmodSync(own, 0o755);

const asked = process.argv.length > 2 ? process.argv.slice(2) : ["test/**/*.test.ts"];
// One more than two cores, since many tests wait for a disk or for what they have started.
const first = await runRound({ files: inGroups(asked), concurrency: 3, own });
const later = await runAgain(first);
rmSync(own, { recursive: true, force: true });

const rounds = [first, ...later];
const passed = first.passed || (later.length > 0 && later.every((round) => round.passed));
tellTaken(rounds);
const problems = [...tellSkipped(rounds.flatMap(({ skipped }) => skipped)), ...rounds.flatMap(({ left }) => left)];
if (!first.passed && passed) tellFailedOnce(first.failed);
for (const problem of problems) console.error(problem);
process.exitCode = passed && problems.length === 0 ? 0 : 1;

/** The files, with a program in place of each group of those that may share a process. What is not there is left as it is. */
function inGroups(patterns: readonly string[]): string[] {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const found = patterns.map((pattern) => globSync(pattern, { cwd: root }).map((file) => resolve(root, file)));
  const missing = patterns.filter((_, i) => found[i]!.length === 0);
  const { groups, alone } = groupsOf([...new Set(found.flat())].sort());
  const programs = groups.map((files, i) => {
    const program = join(own, `group-${i + 1}.mjs`);
    writeFileSync(program, groupProgram(files));
    return program;
  });
  return [...programs, ...alone, ...missing];
}

/** The files that failed, each alone. A property that failed begins where it failed, so that it does so again. */
async function runAgain({ complete, failed }: Round): Promise<Round[]> {
  const failing = Map.groupBy(failed, ({ file }) => file);
  if (!complete || failing.size === 0) return [];
  if (failing.size > mostFilesAgain) {
    console.error(`${failing.size} files failed; they are not run again, since they are more than ${mostFilesAgain}`);
    return [];
  }
  const done: Round[] = [];
  for (const [file, tests] of failing) {
    for (const seed of new Set(tests.map(({ error }) => seedIn(error)))) {
      console.log(`\nrun again, alone${seed === undefined ? "" : ` and with seed ${seed}`}: ${file}`);
      const env: Record<string, string> = seed === undefined ? {} : { BATON_TEST_SEED: seed };
      done.push(await runRound({ files: [file], concurrency: 1, own, env }));
    }
  }
  return done;
}

/** As fast-check and our own messages write it. */
function seedIn(error: string): string | undefined {
  return /(?:\bseed: |BATON_TEST_SEED=)(-?\d+)/.exec(error)?.[1];
}

function tellFailedOnce(failed: readonly Failed[]): void {
  console.log(`failed once, passed when run again: ${failed.length}`);
  for (const { file, name, error } of failed.toSorted((a, b) => (a.file < b.file ? -1 : 1))) {
    const [line = ""] = error.split("\n");
    console.log(`  ${file}: ${name}\n    ${line}`);
  }
}

/** Seconds of the processors, as those of a clock depend on what else the machine does. */
function tellTaken(rounds: readonly Round[]): void {
  const all = cpuSeconds();
  const taken = rounds.flatMap((round) => round.taken).toSorted((a, b) => b.cpuSeconds - a.cpuSeconds);
  if (all === undefined || taken.length < 2) return;
  console.log(`CPU time: ${all.toFixed(0)} s; most of it`);
  for (const { file, cpuSeconds } of taken.slice(0, mostNamed)) {
    const name = isGroup(file) ? "files that share a process" : relative(".", file);
    console.log(`  ${cpuSeconds.toFixed(1).padStart(5)} s   ${name}`);
  }
}

/** Says what was left out. Returns what must not be: on CI nothing is missing. */
function tellSkipped(all: readonly Skipped[]): string[] {
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
