import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Launch } from "../src/engine/ports.ts";
import { createRunner } from "../src/runner/runner.ts";

/**
 * The runner without engine and journal: `node bench/spawn-loop.ts JOBS AT_A_TIME SHELLS SCRIPT` runs the script in so
 * many jobs and prints the milliseconds it took. What is left to a whole product is the difference to other programs.
 */
const [jobs, atATime, shells, script] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "spawn-"));
const runner = createRunner({
  stateFolder: folder,
  directoryOf: () => folder,
  secrets: () => undefined,
  artifacts: { collect: () => Promise.reject(new Error("none")), place: () => Promise.reject(new Error("none")) },
  shells: shells as "native" | "kept" | "direct",
});
const startedAt = performance.now();
let started = 0;
let ended = 0;

function launch(number: number): Launch {
  const step = {
    number: 0,
    name: "run",
    run: script!,
    shell: "bash" as const,
    env: {},
    workingDirectory: ".",
    continueOnFailure: false,
  };
  const nothing = { env: {}, tools: [], outputs: {}, artifacts: {}, inputs: [] };
  return {
    run: "r1",
    job: `a.job${number}`,
    attempt: 1,
    token: `token-${number}`,
    workingDirectory: ".",
    steps: [step],
    timeoutMs: 3_600_000,
    ...nothing,
  };
}

runner.onEnded(({ result }) => {
  if (result.kind !== "succeeded") throw new Error(JSON.stringify(result));
  ended++;
  if (started < Number(jobs)) runner.start(launch(started++));
  if (ended < Number(jobs)) return;
  console.log(Math.round(performance.now() - startedAt));
  runner.close();
  rmSync(folder, { recursive: true });
});
while (started < Number(atATime)) runner.start(launch(started++));
