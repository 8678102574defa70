/**
 * Loaded before each test file. Node limits the time of a test, not that of a file whose tests have ended while something
 * it started keeps it alive; such a file would keep `npm test` waiting for ever. At its end it writes what the file has taken
 * to where its own address says.
 */
import { appendFileSync } from "node:fs";
import { cpuSeconds } from "./cpu-time.ts";

const minutes = 20;

setTimeout(() => {
  console.error(`still there after ${minutes} minutes, kept alive by: ${process.getActiveResourcesInfo().join(", ")}`);
  process.exit(1);
}, minutes * 60_000).unref();

/** One line of JSON. */
export interface Taken {
  /** The file that was run, absolute. */
  file: string;
  cpuSeconds: number;
}

const account = new URL(import.meta.url).searchParams.get("account");
if (account !== null) {
  process.once("exit", () => {
    const seconds = cpuSeconds();
    if (seconds === undefined) return;
    appendFileSync(account, `${JSON.stringify({ file: process.argv[1]!, cpuSeconds: seconds } satisfies Taken)}\n`);
  });
}
