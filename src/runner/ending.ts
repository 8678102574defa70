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

/**
 * Resolves when all of them are gone. What a process starts after it was asked to end is how it cleans up, and is let be
 * until the grace time is over; orphans are asked whenever they are found. A process forks faster than it is seen at
 * worst until SIGKILL, which is repeated.
 */
export async function endProcesses({ find, graceMs, hurry }: Ending): Promise<void> {
  let found = find();
  if (found.length === 0) return;
  const killAt = performance.now() + graceMs;
  const asked = new Set<string>();
  for (let lookMs = FIRST_LOOK_MS; found.length > 0; lookMs = Math.min(lookMs * 2, SLOWEST_LOOK_MS)) {
    const kill = performance.now() >= killAt || hurry?.aborted === true;
    const cleaning = kill
      ? new Set<number>()
      : startedBy(
          found.filter((entry) => asked.has(identityOf(entry))),
          found,
        );
    for (const entry of found) {
      if (kill) signalProcess(entry.pid, "SIGKILL");
      else if (!asked.has(identityOf(entry)) && !cleaning.has(entry.pid)) {
        signalProcess(entry.pid, "SIGTERM");
        asked.add(identityOf(entry));
      }
    }
    await wait(Math.max(1, Math.min(lookMs, kill ? lookMs : killAt - performance.now())));
    found = find();
  }
}

/** Numbers of those among `found` that one of `first` started, or one that it started, and so on. */
function startedBy(first: readonly LiveProcess[], found: readonly LiveProcess[]): Set<number> {
  const family = new Set(first.map(({ pid }) => pid));
  for (let size = -1; size !== family.size; ) {
    size = family.size;
    for (const { pid, parent } of found) if (family.has(parent)) family.add(pid);
  }
  return family;
}

function identityOf({ pid, startedAt }: LiveProcess): string {
  return `${pid} ${startedAt}`;
}
