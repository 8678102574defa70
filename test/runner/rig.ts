import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Ended, Launch, LaunchStep } from "../../src/engine/ports.ts";
import { type LogLine, openRunLogs } from "../../src/runner/log-reader.ts";
import { createRunner, type OutputLine, type ProcessRunner, type RunnerOptions } from "../../src/runner/runner.ts";

/** A runner on folders of its own, which are gone when the test ends. */
export interface Rig {
  runner: ProcessRunner;
  state: string;
  checkout: string;
  lines: OutputLine[];
  /** Starts an attempt; resolves with how it ended. */
  run(launch: Partial<Launch> | string): Promise<Ended>;
  /** The whole log of the attempt with this token. */
  log(token: string): LogLine[];
  texts(token: string): Promise<string[]>;
  /** How often each token has ended. */
  endedTimes(token: string): number;
}

let tokens = 0;

export function createRig(t: TestContext, options: Partial<RunnerOptions> = {}): Rig {
  const folder = mkdtempSync(join(tmpdir(), "runner-"));
  const state = join(folder, "state");
  const checkout = join(folder, "checkout");
  mkdirSync(checkout);
  const runner = createRunner({
    stateFolder: state,
    directoryOf: () => checkout,
    secrets: () => undefined,
    artifacts: {
      collect: async (path) => ({
        digest: `sha256:${readFileSync(path, "hex")}`,
        sizeBytes: readFileSync(path).length,
      }),
      place: async (artifact, path) => writeFileSync(path, artifact.digest),
    },
    graceMs: 2_000,
    ...options,
  });
  const lines: OutputLine[] = [];
  const endings: Ended[] = [];
  const waiting = new Map<string, (ended: Ended) => void>();
  const launches = new Map<string, Launch>();
  runner.onOutput((line) => lines.push(line));
  runner.onEnded((ended) => {
    endings.push(ended);
    waiting.get(ended.token)?.(ended);
  });
  t.after(() => {
    runner.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function log(token: string): LogLine[] {
    const launch = launches.get(token)!;
    return [...openRunLogs(state, launch.run).follow(launch).read()];
  }

  return {
    runner,
    state,
    checkout,
    lines,
    run(partial) {
      const launch = typeof partial === "string" ? launchOf({ steps: [step(partial)] }) : launchOf(partial);
      launches.set(launch.token, launch);
      return new Promise((resolve) => {
        waiting.set(launch.token, resolve);
        runner.start(launch);
      });
    },
    log,
    texts: async (token) => log(token).map((line) => line.text),
    endedTimes: (token) => endings.filter((ended) => ended.token === token).length,
  };
}

export function launchOf(partial: Partial<Launch>): Launch {
  const number = ++tokens;
  return {
    run: "r1",
    job: `web.job${number}`,
    attempt: 1,
    token: `token-${process.pid}-${number}`,
    workingDirectory: ".",
    env: {},
    tools: [],
    timeoutMs: 60_000,
    outputs: {},
    artifacts: {},
    inputs: [],
    ...partial,
    steps: (partial.steps ?? []).map((step, number) => ({ ...step, number })),
  };
}

export function step(run: string, partial: Partial<LaunchStep> = {}): LaunchStep {
  return {
    number: 0,
    name: "step",
    run,
    shell: "bash",
    env: {},
    workingDirectory: ".",
    continueOnFailure: false,
    ...partial,
  };
}

/** The failure of an attempt that must have failed. */
export function failureOf(ended: Ended) {
  if (ended.result.kind !== "failed") throw new Error(`expected a failure, got ${JSON.stringify(ended.result)}`);
  return ended.result.failure;
}

/** Looks until it is true; a test that waits for what never comes fails with these words. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`still not: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, "latin1"));
}

/** The number a process wrote to a file, once it is there. */
export async function pidIn(path: string): Promise<number> {
  await until(`${path} holds a number`, () => existsSync(path) && /^\d+\n$/.test(readFileSync(path, "utf8")));
  return Number(readFileSync(path, "utf8"));
}

export function filesBelow(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder, { recursive: true }).map(String) : [];
}
