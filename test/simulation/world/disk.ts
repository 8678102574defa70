import type { EngineEvent, Recorded } from "../../../src/engine/events.ts";
import type { Store } from "../../../src/engine/ports.ts";

interface Write {
  readonly events: EngineEvent[];
  readonly at: number;
  readonly done: PromiseWithResolvers<void>;
}

/** A journal on a disk: what was asked to be written is lost in a crash until it has been flushed. */
export class Disk {
  readonly journal: Recorded[] = [];
  #waiting: Write[] = [];
  #onDurable: (recorded: Recorded) => void;

  constructor(onDurable: (recorded: Recorded) => void) {
    this.#onDurable = onDurable;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** The store of one process; after a crash it is nobody's any more. */
  store(): Store {
    return {
      load: () => this.journal.slice(),
      append: (events, at) => {
        const done = Promise.withResolvers<void>();
        this.#waiting.push({ events, at, done });
        return done.promise;
      },
    };
  }

  /** Makes the first `count` waiting writes durable together; tells their writers unless Baton died in between. */
  flush(count: number, after: "tell" | "crash"): void {
    const writes = this.#waiting.splice(0, count);
    for (const { events, at } of writes) {
      for (const event of events) {
        const recorded: Recorded = { seq: this.journal.length + 1, at, version: 1, event };
        this.journal.push(recorded);
        this.#onDurable(recorded);
      }
    }
    if (after === "tell") for (const write of writes) write.done.resolve();
  }

  /** The disk is full: everything that waits is refused. */
  refuse(): void {
    const writes = this.#waiting;
    this.#waiting = [];
    for (const write of writes) write.done.reject(new Error("no space left on device"));
  }

  crash(): void {
    this.#waiting = [];
  }
}
