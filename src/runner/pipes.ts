import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * Named pipes, one for each running step's output. A pipe of its own makes content and end exact: a process that outlives
 * its step can never write into another one's log. A pipe rather than the socket Node would make, so that `/dev/stdout`
 * and `/dev/stderr` can be opened, and one for both streams, so that their order is kept.
 */
export interface PipeSupply {
  /** The path of a pipe that nobody else uses. Throws when the folder cannot be written or `mkfifo` is missing. */
  take(): string;
  /** Only a pipe that was read to its end, so that nobody can still write to it. */
  giveBack(path: string): void;
  close(): void;
}

/** Making files is dear on some file systems, and a job needs few pipes at a time. */
const BATCH = 16;

export function createPipeSupply(folder: string): PipeSupply {
  const ready: string[] = [];
  let made = 0;

  function make(): void {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const batch = Array.from({ length: BATCH }, () => join(folder, String(++made)));
    const maker = spawnSync("mkfifo", ["-m", "600", ...batch], { stdio: ["ignore", "ignore", "pipe"] });
    if (maker.error) throw maker.error;
    if (maker.status !== 0) throw new Error(String(maker.stderr).trim());
    ready.push(...batch);
  }

  return {
    take() {
      if (ready.length === 0) make();
      return ready.pop()!;
    },
    giveBack(path) {
      ready.push(path);
    },
    close() {
      ready.length = 0;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
