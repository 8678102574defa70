import { setTimeout as wait } from "node:timers/promises";
import { type LiveProcess, programOf, signalProcess } from "./process-table.ts";

/** How to bring a set of processes to its end. */
export interface Ending {
  /** Those that are still there; asked again until there are none. */
  find(): Promise<LiveProcess[]>;
  /** Time between SIGTERM and SIGKILL; 0 sends SIGKILL at once. */
  graceMs: number;
  /** Cuts the grace short. */
  hurry?: AbortSignal;
}

/** A process as people are told of it; it may be gone. */
export interface NamedProcess {
  pid: number;
  program: string;
}

const FIRST_LOOK_MS = 2;
const SLOWEST_LOOK_MS = 50;
/** The part of the grace time after which what was started since the first SIGTERM is sent one too. */
const LAST_CALL = 3 / 4;
/** One that never stops (it is not ours to signal, or waits for a disk) does not hold up the others. */
const MOST_LOOKS_AT_HELD = 20;

/**
 * Resolves when all of them are gone, with those that had to be killed because the grace time was over. SIGTERM goes to
 * those that are there at one moment; what they start from then on is how they clean up and is let be until the last call.
 * That comes because a shell may have been about to start its next command when it was asked, and sees to its trap only when
 * that command has ended. A process forks faster than it is seen at worst until SIGKILL, which is repeated.
 */
export async function endProcesses({ find, graceMs, hurry }: Ending): Promise<NamedProcess[]> {
  const killed = new Map<number, NamedProcess>();
  let found = await find();
  const beganAt = performance.now();
  const callsAt = [beganAt, beganAt + graceMs * LAST_CALL];
  const killAt = beganAt + graceMs;
  const asked = new Set<string>();
  for (let lookMs = FIRST_LOOK_MS; found.length > 0; lookMs = Math.min(lookMs * 2, SLOWEST_LOOK_MS)) {
    const now = performance.now();
    const hurries = hurry?.aborted === true;
    const kill = now >= killAt || hurries;
    if (kill) {
      for (const { pid } of found) {
        if (!hurries && graceMs > 0 && !killed.has(pid)) killed.set(pid, { pid, program: programOf(pid) });
        signalProcess(pid, "SIGKILL");
      }
    } else if (now >= (callsAt[0] ?? killAt)) {
      callsAt.shift();
      await askToEnd(find, asked);
    }
    const nextMs = (callsAt[0] ?? killAt) - performance.now();
    await wait(Math.max(1, kill ? lookMs : Math.min(lookMs, nextMs)));
    found = await find();
  }
  return [...killed.values()];
}

/**
 * Sends SIGTERM to all that were not asked yet. They are stopped first, for while they run they start others: the set is
 * whole when it holds nothing but stopped ones.
 */
async function askToEnd(find: Ending["find"], asked: Set<string>): Promise<void> {
  const held: number[] = [];
  try {
    for (let look = 0; look < MOST_LOOKS_AT_HELD; look++) {
      const found = await find();
      const fresh = found.filter((entry) => !asked.has(identityOf(entry)));
      for (const entry of fresh) {
        signalProcess(entry.pid, "SIGSTOP");
        asked.add(identityOf(entry));
        held.unshift(entry.pid);
      }
      if (fresh.length === 0 && found.every((entry) => entry.stopped || !held.includes(entry.pid))) break;
      if (look > 0) await wait(1);
    }
  } finally {
    for (const pid of held) signalProcess(pid, "SIGTERM");
    // The newest first: a shell that watches its jobs is not to see one of them stopped.
    for (const pid of held) signalProcess(pid, "SIGCONT");
  }
}

function identityOf({ pid, startedAt }: LiveProcess): string {
  return `${pid} ${startedAt}`;
}
