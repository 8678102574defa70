/** One call of Node's test runner, with a temporary folder of its own and an account of what came of it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Taken } from "./around-file.ts";
import { isFull } from "./depth.ts";
import { leftFiles, leftProcessesAfter } from "./leftovers.ts";
import type { Failed, InGroup, Result, Skipped } from "./result-reporter.ts";

const minute = 60_000;
/** Of a test, which for Node is also all that shares a process, and of all of them. */
const limits = { test: 10 * minute, run: isFull ? 60 * minute : 30 * minute };

export interface Asked {
  /** Files, or patterns of them. */
  files: readonly string[];
  /** How many files at a time. */
  concurrency: number;
  /** Where everything is written. The caller removes it. */
  own: string;
  env?: Readonly<Record<string, string>>;
}

export interface Round {
  passed: boolean;
  /** False when it took too long or somebody ended it: then not everything has been run. */
  complete: boolean;
  skipped: Skipped[];
  failed: Failed[];
  /** What each file took, where that can be told. */
  taken: Taken[];
  /** What tests have left behind, in words. */
  left: string[];
}

const beside = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export async function runRound({ files, concurrency, own, env }: Asked): Promise<Round> {
  const place = mkdtempSync(join(own, "round-"));
  const scratch = join(place, "tmp");
  const results = join(place, "results.jsonl");
  const account = join(place, "taken.jsonl");
  mkdirSync(scratch);
  // A test that gives up its rights as superuser still has to get there.
  chmodSync(place, 0o755);

  const child = spawn(
    process.execPath,
    [
      "--test",
      `--test-concurrency=${concurrency}`,
      `--test-timeout=${limits.test}`,
      `--import=${aroundFile(account)}`,
      "--test-reporter=spec",
      "--test-reporter-destination=stdout",
      `--test-reporter=${beside("result-reporter.ts")}`,
      `--test-reporter-destination=${results}`,
      ...files,
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
        ...env,
      },
    },
  );
  let complete = true;
  const end = () => {
    complete = false;
    child.kill("SIGINT");
  };
  // This one stays to clean up. A Ctrl-C reaches both.
  process.on("SIGINT", end);
  process.on("SIGTERM", end);
  const limit = setTimeout(end, limits.run);
  const [code] = (await once(child, "exit")) as [number | null];
  clearTimeout(limit);
  process.off("SIGINT", end);
  process.off("SIGTERM", end);

  const all = linesOf<Result>(results);
  return {
    passed: code === 0,
    complete,
    skipped: all.filter((each) => each.kind === "skipped"),
    failed: all.filter((each) => each.kind === "failed"),
    taken: shared(
      linesOf<Taken>(account),
      all.filter((each) => each.kind === "in group"),
    ),
    left: await leftBehind(place, scratch),
  };
}

function aroundFile(account: string): string {
  const url = new URL("around-file.ts", import.meta.url);
  url.searchParams.set("account", account);
  return url.href;
}

/** What a group took, shared out among its files as the clock has seen their tests. */
function shared(taken: readonly Taken[], tests: readonly InGroup[]): Taken[] {
  const inGroups = Map.groupBy(tests, ({ group }) => group);
  return taken.flatMap(({ file, cpuSeconds }) => {
    const own = inGroups.get(file);
    if (own === undefined) return [{ file, cpuSeconds }];
    const whole = sum(own);
    const files = Map.groupBy(own, (test) => test.file);
    return Array.from(files, ([each, its]) => ({ file: each, cpuSeconds: (cpuSeconds * sum(its)) / whole }));
  });
}

const sum = (tests: readonly InGroup[]) => tests.reduce((ms, { durationMs }) => ms + durationMs, 0);

function linesOf<T>(file: string): T[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as T);
}

/** Processes are ended: they would keep what they hold. */
async function leftBehind(place: string, scratch: string): Promise<string[]> {
  const processes = await leftProcessesAfter(place, 5_000);
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
