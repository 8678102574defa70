import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { EngineEvent } from "../engine/events.ts";
import { eventVersions } from "../engine/upcast.ts";
import { chainOf, chainStart } from "./chain.ts";
import { recordWriter } from "./records.ts";
import { asStoreError } from "./store-error.ts";

interface Pending {
  at: number;
  event: EngineEvent;
  body: string;
}

/**
 * Writes events in transactions. Everything that is appended in one turn of the event loop is one commit.
 *
 * The commit runs on the main thread: it takes about 0.1 ms, in which the processor is free for the jobs. Waiting for
 * the disk on another thread was measured and made 1,000 jobs a tenth slower, because each link of a chain of jobs then
 * waits for two thread switches as well. Without any durability they would be an eighth faster.
 *
 *   idle --append--> gathering --end of the turn--> committed (promises resolve) --> idle
 *                         \--- write fails --> failed: this and every later append rejects
 */
export class JournalWriter {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #begin: StatementSync;
  readonly #end: StatementSync;
  readonly #insert: StatementSync;
  readonly #removeRequest: StatementSync;
  readonly #record: ReturnType<typeof recordWriter>;
  /** The last event that is durable. */
  #head: { seq: number; chain: string };
  #pending: Pending[] = [];
  #settled: number[] = [];
  #batch: PromiseWithResolvers<void> | undefined;
  #failure: Error | undefined;

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
    this.#begin = database.prepare("begin immediate");
    this.#end = database.prepare("commit");
    this.#insert = database.prepare(
      "insert into event (seq, at, version, run, type, chain, body) values (?, ?, ?, ?, ?, ?, ?)",
    );
    this.#removeRequest = database.prepare("delete from request where id = ?");
    this.#record = recordWriter(database);
    const last = database.prepare("select seq, chain from event order by seq desc limit 1").get();
    this.#head = { seq: Number(last?.seq ?? 0), chain: String(last?.chain ?? chainStart) };
  }

  append(events: EngineEvent[], at: number): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    // Written down now: what the caller does to the objects later does not reach the journal.
    for (const event of events) this.#pending.push({ at, event, body: JSON.stringify(event) });
    return this.#gathered();
  }

  /** Forgets a request in the transaction of the events that are appended in the same turn. */
  settle(request: number): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    this.#settled.push(request);
    return this.#gathered();
  }

  /** Commits what was gathered, at once. */
  flush(): void {
    const batch = this.#batch;
    if (!batch) return;
    this.#batch = undefined;
    try {
      this.#commit();
      batch.resolve();
    } catch (error) {
      this.#failure = asStoreError(error, this.#path);
      batch.reject(this.#failure);
    }
    this.#pending = [];
    this.#settled = [];
  }

  #gathered(): Promise<void> {
    if (!this.#batch) {
      this.#batch = Promise.withResolvers();
      setImmediate(() => this.flush());
    }
    return this.#batch.promise;
  }

  #commit(): void {
    this.#begin.run();
    try {
      let { seq, chain } = this.#head;
      for (const { at, event, body } of this.#pending) {
        seq++;
        const { run, type } = event;
        const version = eventVersions[type];
        chain = chainOf(chain, { seq, at, version, run, type, body });
        this.#insert.run(seq, at, version, run, type, chain, body);
        this.#record({ seq, at, version, event });
      }
      for (const request of this.#settled) this.#removeRequest.run(request);
      this.#end.run();
      this.#head = { seq, chain };
    } catch (error) {
      // SQLite may have rolled back by itself.
      if (this.#database.isTransaction) this.#database.exec("rollback");
      throw error;
    }
  }
}
