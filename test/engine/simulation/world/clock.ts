import type { Clock } from "../../../../src/engine/ports.ts";

interface Alarm {
  session: string;
  at: number;
  wake: () => void;
}

/** The clock on the wall, which runs and is set forward and back, and the one that only runs. */
export class Clocks {
  now = 1_700_000_000_000;
  elapsed = 0;
  #alarms = new Set<Alarm>();

  port(session: string): Clock {
    return {
      now: () => this.now,
      elapsed: () => this.elapsed,
      wakeAfter: (ms, wake) => {
        const alarm = { session, at: this.elapsed + ms, wake };
        this.#alarms.add(alarm);
        return () => this.#alarms.delete(alarm);
      },
    };
  }

  /** How long it is until the next alarm. */
  untilNext(): number | undefined {
    let next: number | undefined;
    for (const { at } of this.#alarms) if (next === undefined || at < next) next = at;
    return next === undefined ? undefined : Math.max(0, next - this.elapsed);
  }

  pass(ms: number): void {
    this.now += ms;
    this.elapsed += ms;
    for (const alarm of [...this.#alarms]) {
      if (alarm.at > this.elapsed) continue;
      this.#alarms.delete(alarm);
      alarm.wake();
    }
  }

  /** Somebody sets the clock on the wall. */
  set(byMs: number): void {
    this.now += byMs;
  }

  crash(session: string): void {
    for (const alarm of [...this.#alarms]) if (alarm.session === session) this.#alarms.delete(alarm);
  }
}
