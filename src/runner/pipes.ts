import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * Fresh named pipes, one for each step's output. A pipe of its own makes content and end exact: a process that outlives
 * its step can never write into another one's log. A pipe rather than the socket Node would make, so that `/dev/stdout`
 * and `/dev/stderr` can be opened, and one for both streams, so that their order is kept.
 */
export interface PipeSupply {
  /** The path of a pipe that nobody has used. Throws when the folder cannot be written or `mkfifo` is missing. */
  take(): string;
  close(): void;
}

const FIRST_BATCH = 16;
const BATCH = 128;

export function createPipeSupply(folder: string): PipeSupply {
  const ready: string[] = [];
  let made = 0;
  let refilling = false;

  function names(count: number): string[] {
    return Array.from({ length: count }, () => join(folder, String(++made)));
  }

  function refill(): void {
    refilling = true;
    const batch = names(BATCH);
    const child = spawn("mkfifo", ["-m", "600", ...batch], { stdio: "ignore", detached: true });
    child.unref();
    child.on("error", () => {
      refilling = false;
    });
    child.on("exit", (code) => {
      refilling = false;
      if (code === 0) ready.push(...batch);
    });
  }

  return {
    take() {
      if (ready.length === 0) {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        const batch = names(FIRST_BATCH);
        const made = spawnSync("mkfifo", ["-m", "600", ...batch], { stdio: ["ignore", "ignore", "pipe"] });
        if (made.error) throw made.error;
        if (made.status !== 0) throw new Error(String(made.stderr).trim());
        ready.push(...batch);
      }
      const path = ready.shift();
      if (path === undefined) throw new Error(`no pipe could be made in ${folder}`);
      if (ready.length < FIRST_BATCH / 2 && !refilling) refill();
      return path;
    },
    close() {
      ready.length = 0;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
