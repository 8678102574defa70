import { randomUUID } from "node:crypto";
import type { Clock, Ids } from "../../engine/ports.ts";

/** Node's timers hold 31 bits of milliseconds; a longer wait is taken in pieces. */
const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  wakeAfter(ms, wake) {
    const at = performance.now() + ms;
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const leftMs = at - performance.now();
      timer = setTimeout(leftMs > 0 ? arm : wake, Math.min(Math.max(leftMs, 0), longestTimerMs));
    };
    arm();
    return () => clearTimeout(timer);
  },
};

/** Run ids carry the number of their release, because that is how people speak of them: `r0007` is release 7. */
export function runId(release: number): string {
  return `r${String(release).padStart(4, "0")}`;
}

export function idsFor(nextRelease: () => number): Ids {
  return { run: () => runId(nextRelease()), token: () => randomUUID() };
}
