import { deserialize, serialize } from "node:v8";
import type { Recorded } from "../../../../src/engine/events.ts";
import type { Store, Turn } from "../../../../src/engine/ports.ts";
import type { Checkpoint } from "../../../../src/engine/saved-state.ts";

interface Writer {
  session: string;
  /** How much of the journal it has been given. */
  seen: number;
  waiting: Waiting[];
  changed: () => void;
}

interface Waiting {
  take: (others: readonly Recorded[]) => Turn;
  done: PromiseWithResolvers<void>;
}

/** Turns of one session that are in its open transaction: a crash loses them. */
interface Open {
  writer: Writer;
  turns: Waiting[];
  recorded: Recorded[];
  /** When each was taken, on the clock that is never set. */
  elapsed: number[];
  checkpoint: Uint8Array | undefined;
}

export interface DiskOptions {
  now: () => number;
  /** In the order of the journal, before anything is done because of it: taken, then durable or lost. */
  taken: (taken: { recorded: Recorded; elapsed: number }) => void;
  /** `elapsed`: when it was taken. */
  durable: (durable: { recorded: Recorded; session: string; elapsed: number }) => void;
  lost: (recorded: readonly Recorded[]) => void;
}

/**
 * A journal on a disk that several write to, one at a time. A turn that was asked for or taken is lost in a crash until it has
 * been flushed.
 */
export class Disk {
  readonly journal: Recorded[] = [];
  #checkpoint: Uint8Array | undefined;
  readonly #writers = new Map<string, Writer>();
  readonly #options: DiskOptions;
  #open: Open | undefined;

  constructor(options: DiskOptions) {
    this.#options = options;
  }

  /** The store of one session; after a crash it is nobody's any more. */
  store(session: string): Store {
    const writer: Writer = { session, seen: 0, waiting: [], changed: () => {} };
    this.#writers.set(session, writer);
    const { journal } = this;
    return {
      checkpoint: () => this.#checkpoint && (deserialize(this.#checkpoint) as Checkpoint),
      async *events(behind) {
        writer.seen = journal.length;
        yield journal.slice(behind);
      },
      runEvents: (run) => {
        const own = this.#open?.writer === writer ? this.#open.recorded : [];
        return [...journal, ...own].filter(({ event }) => event.run === run);
      },
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

  /** Sessions that wait for their turn, or for what they have taken to be durable. While one has taken, the others cannot. */
  waiting(): string[] {
    if (this.#open !== undefined) return [this.#open.writer.session];
    return [...this.#writers].flatMap(([session, { waiting }]) => (waiting.length > 0 ? [session] : []));
  }

  /** The session that has taken turns which are not durable yet. */
  get open(): string | undefined {
    return this.#open?.writer.session;
  }

  /** Sessions that have not been given all there is. */
  behind(): string[] {
    return [...this.#writers].flatMap(([session, { seen }]) => (seen < this.journal.length ? [session] : []));
  }

  /** It looks whether others have written. */
  look(session: string): void {
    this.#writers.get(session)?.changed();
  }

  /** It takes the turns that were asked for; they are durable, too, if one of them has to be. */
  take(session: string): void {
    if (this.#takeAll(session) === "at once") this.#commit("tell");
  }

  /** One commit of all turns that this session took or asked for; it is told unless it died in between. */
  flush(session: string, after: "tell" | "crash"): void {
    this.#takeAll(session);
    this.#commit(after);
  }

  /** The disk is full: what the session wants to write is refused. */
  refuse(session: string): void {
    this.#takeAll(session);
    const turns = this.#open?.turns ?? [];
    this.#lose();
    for (const { done } of turns) done.reject(new Error("no space left on device"));
  }

  crash(session: string): void {
    if (this.#open?.writer.session === session) this.#lose();
    this.#writers.delete(session);
  }

  #takeAll(session: string): "at once" | "later" {
    const writer = this.#writers.get(session);
    if (writer === undefined) return "later";
    let when: "at once" | "later" = "later";
    const ahead: (() => void)[] = [];
    for (const waiting of writer.waiting.splice(0)) {
      this.#open ??= { writer, turns: [], recorded: [], elapsed: [], checkpoint: undefined };
      const open = this.#open;
      open.turns.push(waiting);
      const others = this.journal.slice(writer.seen);
      writer.seen = this.journal.length;
      const turn = waiting.take(others);
      const before = this.journal.length + open.recorded.length;
      const recorded = turn.events.map((event, i) => ({ seq: before + 1 + i, at: turn.at, version: 1, event }));
      open.recorded.push(...recorded);
      const elapsed = this.#options.now();
      open.elapsed.push(...recorded.map(() => elapsed));
      for (const each of recorded) this.#options.taken({ recorded: each, elapsed });
      // Now: the state goes on.
      if (turn.checkpoint) open.checkpoint = serialize(turn.checkpoint);
      if (turn.ahead === undefined) when = "at once";
      else ahead.push(turn.ahead);
    }
    for (const act of ahead) act();
    return when;
  }

  #commit(after: "tell" | "crash"): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    const { session } = open.writer;
    open.recorded.forEach((recorded, i) => {
      this.journal.push(recorded);
      this.#options.durable({ recorded, session, elapsed: open.elapsed[i]! });
    });
    open.writer.seen = this.journal.length;
    if (open.checkpoint !== undefined) this.#checkpoint = open.checkpoint;
    if (after === "tell") for (const { done } of open.turns) done.resolve();
  }

  #lose(): void {
    if (this.#open === undefined) return;
    const { recorded } = this.#open;
    this.#open = undefined;
    if (recorded.length > 0) this.#options.lost(recorded);
  }
}
