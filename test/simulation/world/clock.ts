import type { Clock } from "../../../src/engine/ports.ts";

/** A clock on the wall: it runs, and it is set forward and back. */
export class WallClock {
  now = 1_700_000_000_000;
  #alarms = new Set<{ at: number; wake: () => void }>();

  port(): Clock {
    return {
      now: () => this.now,
      wakeAt: (at, wake) => {
        const alarm = { at, wake };
        this.#alarms.add(alarm);
        return () => this.#alarms.delete(alarm);
      },
    };
  }

  /** When the next alarm is set for. */
  next(): number | undefined {
    let next: number | undefined;
    for (const { at } of this.#alarms) if (next === undefined || at < next) next = at;
    return next;
  }

  set(now: number): void {
    this.now = now;
    for (const alarm of [...this.#alarms]) {
      if (alarm.at > now) continue;
      this.#alarms.delete(alarm);
      alarm.wake();
    }
  }

  crash(): void {
    this.#alarms.clear();
  }
}
