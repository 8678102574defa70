import { setTimeout as wait } from "node:timers/promises";
import { type LiveProcess, signalProcess } from "./process-table.ts";

/** How to bring a set of processes to its end. */
export interface Ending {
  /** Those that are still there; asked again until there are none. */
  find(): LiveProcess[];
  /** Time between SIGTERM and SIGKILL; 0 sends SIGKILL at once. */
  graceMs: number;
  /** Cuts the grace short. */
  hurry?: AbortSignal;
}

const FIRST_LOOK_MS = 2;
const SLOWEST_LOOK_MS = 50;

/** Resolves when all of them are gone. A process forks faster than it is seen at worst until SIGKILL, which is repeated. */
export async function endProcesses({ find, graceMs, hurry }: Ending): Promise<void> {
  let found = find();
  if (found.length === 0) return;
  const killAt = performance.now() + graceMs;
  const asked = new Set<string>();
  for (let lookMs = FIRST_LOOK_MS; found.length > 0; lookMs = Math.min(lookMs * 2, SLOWEST_LOOK_MS)) {
    const kill = performance.now() >= killAt || hurry?.aborted === true;
    for (const { pid, startedAt } of found) {
      const identity = `${pid} ${startedAt}`;
      if (kill) signalProcess(pid, "SIGKILL");
      else if (!asked.has(identity)) signalProcess(pid, "SIGTERM");
      asked.add(identity);
    }
    await wait(Math.max(1, Math.min(lookMs, kill ? lookMs : killAt - performance.now())));
    found = find();
  }
}
