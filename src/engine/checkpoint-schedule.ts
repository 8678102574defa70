import { takeCheckpoint } from "./checkpoint.ts";
import type { Checkpoint } from "./saved-state.ts";
import type { State } from "./state.ts";

/** When the engine ends, a checkpoint is kept already after so few events. */
const atClose = 100;

/**
 * When a checkpoint is worth what it costs. That is as much as there are jobs in open runs, so one is kept when at least as
 * many events have come since the last.
 */
export class CheckpointSchedule {
  readonly #every: number;
  #since: number;

  /** `every` so many events; `since` were read after the last one. */
  constructor({ every, since }: { every: number; since: number }) {
    this.#every = every;
    this.#since = since;
  }

  noteEvent(): void {
    this.#since += 1;
  }

  /** Whether one is to be kept before the engine ends. */
  get isDueAtClose(): boolean {
    return this.#since >= atClose;
  }

  take(state: State, { isClosing }: { isClosing: boolean }): Checkpoint | undefined {
    if (this.#since < (isClosing ? atClose : this.#every)) return undefined;
    let jobs = 0;
    for (const run of state.runs.values()) jobs += run.list.length;
    if (this.#since < jobs) return undefined;
    this.#since = 0;
    return takeCheckpoint(state);
  }
}
