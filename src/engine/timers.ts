import { Deadlines, type Due, eventOfDue } from "./due.ts";
import type { EngineEvent, SessionId } from "./events.ts";
import type { Clock } from "./ports.ts";
import type { State } from "./state.ts";

/** What becomes due by itself in this session, and the one alarm that is set for it. */
export class Timers {
  readonly #clock: Clock;
  readonly #wake: () => void;
  readonly #deadlines = new Deadlines();
  #alarm: { at: number; cancel: () => void } | undefined;

  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  /** `now`: the time of day of the turn. */
  add(due: Due, now: number): void {
    this.#deadlines.add(due, { now, elapsed: this.#clock.elapsed() });
  }

  /** What has become due of this session's runs. The state may have changed by the time the next one is asked for. */
  *due(state: State, mine: SessionId): Generator<EngineEvent> {
    const elapsed = this.#clock.elapsed();
    for (let next = this.#deadlines.earliest(); next !== undefined; next = this.#deadlines.earliest()) {
      if (next.at > elapsed) return;
      this.#deadlines.removeEarliest();
      const event = eventIfMine(state, next.due, mine);
      if (event !== undefined) yield event;
    }
  }

  /** Sets the alarm for the earliest that is still to come. */
  set(state: State, mine: SessionId): void {
    let next = this.#deadlines.earliest();
    for (; next !== undefined && eventIfMine(state, next.due, mine) === undefined; next = this.#deadlines.earliest()) {
      this.#deadlines.removeEarliest();
    }
    if (this.#alarm?.at === next?.at) return;
    this.clear();
    if (next === undefined) return;
    const { at } = next;
    const cancel = this.#clock.wakeAfter(Math.max(0, at - this.#clock.elapsed()), () => {
      this.#alarm = undefined;
      this.#wake();
    });
    this.#alarm = { at, cancel };
  }

  clear(): void {
    this.#alarm?.cancel();
    this.#alarm = undefined;
  }
}

function eventIfMine(state: State, due: Due, mine: SessionId): EngineEvent | undefined {
  return state.runs.get(due.run)?.owner === mine ? eventOfDue(state, due) : undefined;
}
