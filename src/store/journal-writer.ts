import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Recorded } from "../engine/events.ts";
import type { Turn } from "../engine/ports.ts";
import { eventVersions } from "../engine/upcast.ts";
import { chainOf, chainStart } from "./chain.ts";
import { checkpointWriter } from "./checkpoints.ts";
import { stateVersion } from "./migrations.ts";
import { recordWriter } from "./records.ts";
import { asStoreError, newerVersion } from "./store-error.ts";

type Take = (others: readonly Recorded[]) => Turn;

interface Head {
  seq: number;
  chain: string;
}

export interface JournalWriterOptions {
  database: DatabaseSync;
  /** Of the journal and of its state folder, for what is said to people. */
  path: string;
  folder: string;
  /** The events behind this one, in order. */
  readBehind(seq: number): Recorded[];
  /** Told now and then: a checkpoint is durable. */
  checkpointKept(): void;
}

/**
 * Takes turns with the other processes that write. A turn is one transaction that has the journal to itself from its
 * beginning: nobody writes between what is read in it and what is appended. All turns that are asked for in one turn of the
 * event loop are one commit.
 *
 * The commit runs on the main thread: it takes about 0.1 ms, in which the processor is free for the jobs. Waiting for
 * the disk on another thread was measured and made 1,000 jobs a tenth slower, because each link of a chain of jobs then
 * waits for two thread switches as well. Without any durability they would be an eighth faster.
 *
 *   idle --turn--> gathering --end of the event loop's turn--> committed (promises resolve) --> idle
 *                       \--- anything fails --> failed: this and every later turn rejects
 */
export class JournalWriter {
  readonly #options: JournalWriterOptions;
  readonly #database: DatabaseSync;
  readonly #begin: StatementSync;
  readonly #end: StatementSync;
  readonly #insert: StatementSync;
  readonly #lastRow: StatementSync;
  /** Counts the commits of other connections only. */
  readonly #changes: StatementSync;
  readonly #version: StatementSync;
  readonly #record: ReturnType<typeof recordWriter>;
  readonly #keep: ReturnType<typeof checkpointWriter>;
  /** The last event that is durable, as far as it is known here. */
  #head: Head = { seq: 0, chain: chainStart };
  /** How far the journal was read here, and the count of others' commits then. */
  #readUpTo = 0;
  #seenChange: unknown;
  #takes: Take[] = [];
  #batch: PromiseWithResolvers<void> | undefined;
  #failure: Error | undefined;

  constructor(options: JournalWriterOptions) {
    const { database } = options;
    this.#options = options;
    this.#database = database;
    this.#begin = database.prepare("begin immediate");
    this.#end = database.prepare("commit");
    this.#insert = database.prepare(
      "insert into event (seq, at, version, run, type, chain, body) values (?, ?, ?, ?, ?, ?, ?)",
    );
    this.#lastRow = database.prepare("select seq, chain from event order by seq desc limit 1");
    this.#changes = database.prepare("pragma data_version");
    this.#version = database.prepare("pragma user_version");
    this.#record = recordWriter(database);
    this.#keep = checkpointWriter(database);
    this.#readUpTo = this.#last().seq;
  }

  /** Reading began anew, from the first event up to this one: the next turn is given what is behind it. */
  readUpTo(seq: number): void {
    this.#readUpTo = seq;
    this.#seenChange = undefined;
  }

  turn(take: Take): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    this.#takes.push(take);
    if (!this.#batch) {
      this.#batch = Promise.withResolvers();
      setImmediate(() => this.flush());
    }
    return this.#batch.promise;
  }

  /** Whether others have committed something since the last turn. */
  hasNews(): boolean {
    return this.#changes.get()?.data_version !== this.#seenChange;
  }

  /** Takes the turns that were asked for, at once. */
  flush(): void {
    const batch = this.#batch;
    if (!batch) return;
    this.#batch = undefined;
    const takes = this.#takes;
    this.#takes = [];
    try {
      if (this.#commit(takes)) this.#options.checkpointKept();
      batch.resolve();
    } catch (error) {
      this.#failure = asStoreError(error, this.#options.path);
      batch.reject(this.#failure);
    }
  }

  /** Whether there was a checkpoint. */
  #commit(takes: readonly Take[]): boolean {
    let isKept = false;
    this.#begin.run();
    try {
      let others = this.#others();
      let { seq, chain } = this.#head;
      for (const take of takes) {
        const { events, at, checkpoint } = take(others);
        others = [];
        for (const event of events) {
          seq++;
          const { run, type } = event;
          const version = eventVersions[type];
          const body = JSON.stringify(event);
          chain = chainOf(chain, { seq, at, version, run, type, body });
          this.#insert.run(seq, at, version, run, type, chain, body);
          this.#record({ seq, at, version, event });
        }
        if (!checkpoint) continue;
        this.#keep({ seq, chain }, checkpoint);
        isKept = true;
      }
      this.#end.run();
      this.#head = { seq, chain };
      this.#readUpTo = seq;
      return isKept;
    } catch (error) {
      // SQLite may have rolled back by itself.
      if (this.#database.isTransaction) this.#database.exec("rollback");
      throw error;
    }
  }

  #others(): Recorded[] {
    const change = this.#changes.get()?.data_version;
    if (change === this.#seenChange) return [];
    const version = Number(this.#version.get()?.user_version);
    if (version !== stateVersion) throw newerVersion(this.#options.folder, version);
    this.#seenChange = change;
    this.#head = this.#last();
    return this.#options.readBehind(this.#readUpTo);
  }

  #last(): Head {
    const last = this.#lastRow.get();
    return { seq: Number(last?.seq ?? 0), chain: String(last?.chain ?? chainStart) };
  }
}
