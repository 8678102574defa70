import { Deadlines, type Due, eventOfDue } from "./due.ts";
import type { EngineEvent, SessionId } from "./events.ts";
import { nextOpening } from "./policies/window.ts";
import type { Clock } from "./ports.ts";
import type { State } from "./state.ts";

/** Freezes end and change windows open by the clock on the wall, which may be set: it is looked at no rarer than this. */
const lookAtWallMs = 60_000;

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
  *due(state: State, mine: SessionId, now: number): Generator<EngineEvent> {
    const elapsed = this.#clock.elapsed();
    for (let next = this.#deadlines.earliest(); next !== undefined; next = this.#deadlines.earliest()) {
      if (next.at > elapsed) return;
      this.#deadlines.removeEarliest();
      const event = eventIfMine(state, next.due, { mine, now });
      if (event !== undefined) yield event;
    }
  }

  /** Sets the alarm for the earliest that is still to come. `now`: the time of day of the turn. */
  set(state: State, mine: SessionId, now: number): void {
    let next = this.#deadlines.earliest();
    for (
      ;
      next !== undefined && eventIfMine(state, next.due, { mine, now }) === undefined;
      next = this.#deadlines.earliest()
    ) {
      this.#deadlines.removeEarliest();
    }
    const opening = nextOpening(state, mine, now);
    const look = opening === undefined ? undefined : this.#clock.elapsed() + Math.min(opening - now, lookAtWallMs);
    const at = Math.min(next?.at ?? Number.POSITIVE_INFINITY, look ?? Number.POSITIVE_INFINITY);
    if (this.#alarm?.at === at) return;
    this.clear();
    if (at === Number.POSITIVE_INFINITY) return;
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

function eventIfMine(state: State, due: Due, { mine, now }: { mine: SessionId; now: number }): EngineEvent | undefined {
  return state.runs.get(due.run)?.owner === mine ? eventOfDue(state, due, now) : undefined;
}
