import { deserialize, serialize } from "node:v8";
import type { Recorded } from "../../../../src/engine/events.ts";
import type { Store, Turn } from "../../../../src/engine/ports.ts";
import type { Checkpoint } from "../../../../src/engine/saved-state.ts";

interface Writer {
  /** How much of the journal it has been given. */
  seen: number;
  waiting: { take: (others: readonly Recorded[]) => Turn; done: PromiseWithResolvers<void> }[];
  changed: () => void;
}

interface Taken {
  recorded: Recorded[];
  checkpoint?: Uint8Array;
}

/** A journal on a disk that several write to: a turn that was asked for is lost in a crash until it has been flushed. */
export class Disk {
  readonly journal: Recorded[] = [];
  #checkpoint: Uint8Array | undefined;
  readonly #writers = new Map<string, Writer>();
  readonly #onDurable: (recorded: Recorded, session: string) => void;

  constructor(onDurable: (recorded: Recorded, session: string) => void) {
    this.#onDurable = onDurable;
  }

  /** The store of one session; after a crash it is nobody's any more. */
  store(session: string): Store {
    const writer: Writer = { seen: 0, waiting: [], changed: () => {} };
    this.#writers.set(session, writer);
    const { journal } = this;
    return {
      checkpoint: () => this.#checkpoint && (deserialize(this.#checkpoint) as Checkpoint),
      async *events(behind) {
        writer.seen = journal.length;
        yield journal.slice(behind);
      },
      runEvents: (run) => journal.filter(({ event }) => event.run === run),
      turn(take) {
        const done = Promise.withResolvers<void>();
        writer.waiting.push({ take, done });
        return done.promise;
      },
      watch(changed) {
        writer.changed = changed;
        return () => {
          writer.changed = () => {};
        };
      },
    };
  }

  /** Sessions that wait for their turn. */
  waiting(): string[] {
    return [...this.#writers].flatMap(([session, { waiting }]) => (waiting.length > 0 ? [session] : []));
  }

  /** Sessions that have not been given all there is. */
  behind(): string[] {
    return [...this.#writers].flatMap(([session, { seen }]) => (seen < this.journal.length ? [session] : []));
  }

  /** It looks whether others have written. */
  look(session: string): void {
    this.#writers.get(session)?.changed();
  }

  /** One commit of all turns that this session asked for; it is told unless it died in between. */
  flush(session: string, after: "tell" | "crash"): void {
    const writer = this.#writers.get(session);
    const turns = writer?.waiting.splice(0) ?? [];
    for (const { take } of turns) {
      const { recorded, checkpoint } = this.#take(writer!, take);
      for (const each of recorded) this.#append(writer!, each, session);
      if (checkpoint !== undefined) this.#checkpoint = checkpoint;
    }
    if (after === "tell") for (const { done } of turns) done.resolve();
  }

  /** The disk is full: what the session wants to write is refused. */
  refuse(session: string): void {
    const writer = this.#writers.get(session)!;
    for (const { take, done } of writer.waiting.splice(0)) {
      this.#take(writer, take);
      done.reject(new Error("no space left on device"));
    }
  }

  crash(session: string): void {
    this.#writers.delete(session);
  }

  #take(writer: Writer, take: (others: readonly Recorded[]) => Turn): Taken {
    const others = this.journal.slice(writer.seen);
    writer.seen = this.journal.length;
    const { events, at, checkpoint } = take(others);
    return {
      recorded: events.map((event, i) => ({ seq: this.journal.length + 1 + i, at, version: 1, event })),
      // Now: the state goes on.
      ...(checkpoint && { checkpoint: serialize(checkpoint) }),
    };
  }

  #append(writer: Writer, recorded: Recorded, session: string): void {
    this.journal.push(recorded);
    writer.seen = this.journal.length;
    this.#onDurable(recorded, session);
  }
}
