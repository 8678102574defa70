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

interface Asked {
  take: Take;
  durable: PromiseWithResolvers<void>;
}

/** A transaction in which turns have been taken. */
interface OpenWrite {
  asked: Asked[];
  /** The last event in it. */
  head: Head;
  /** Whether there is a checkpoint in it. */
  isKept: boolean;
  /** When it was begun, by `performance.now()`. */
  since: number;
  timer: NodeJS.Timeout | undefined;
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
  /** Whether no other session is there that would have to wait while a write is put off. */
  isAlone(): boolean;
}

/**
 * How long turns that need not be durable at once are gathered for one write, in milliseconds: so long that writing takes a
 * small part of the time, however slow the disk is just now.
 */
export function windowAfter(lastWriteMs: number): number {
  return Math.min(50, Math.max(4, 20 * lastWriteMs));
}

/**
 * Takes turns with the other processes that write. A turn is one transaction that has the journal to itself from its
 * beginning: nobody writes between what is read in it and what is appended. All turns that are asked for in one turn of the
 * event loop are one commit. While nobody else is there and nothing has to be durable at once, the transaction is left open
 * for those of the next milliseconds.
 *
 * The commit runs on the main thread, and the processor is free for the jobs meanwhile. On another thread each link of a
 * chain of jobs would wait for two thread switches as well.
 *
 *   idle --turn--> gathering --end of the event loop's turn--> committed (promises resolve) --> idle
 *                     |   \-- none has to be durable --> written --window is over--> committed
 *                     \--- anything fails --> failed: this and every later turn rejects
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
  /** Asked for, and not begun. */
  #asked: Asked[] = [];
  /** The transaction that is open, if one is. */
  #open: OpenWrite | undefined;
  #failure: Error | undefined;
  /** How long the last write took. */
  #lastWriteMs = 0;

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
    if (this.#asked.length === 0) setImmediate(() => this.#takeTurns());
    const durable = Promise.withResolvers<void>();
    this.#asked.push({ take, durable });
    return durable.promise;
  }

  /** Whether others have committed something since the last turn. */
  hasNews(): boolean {
    return this.#changes.get()?.data_version !== this.#seenChange;
  }

  /** Takes the turns that were asked for; when it returns, all of them are durable. */
  flush(): void {
    this.#takeTurns();
    this.#commit();
  }

  #takeTurns(): void {
    const asked = this.#asked;
    if (asked.length === 0) return;
    this.#asked = [];
    let mayWait = true;
    const ahead: (() => void)[] = [];
    this.#guarded(asked, () => {
      if (this.#failure) throw this.#failure;
      let others: Recorded[] = [];
      if (this.#open === undefined) {
        this.#begin.run();
        this.#open = { asked: [], head: this.#head, isKept: false, since: performance.now(), timer: undefined };
        others = this.#others();
        this.#open.head = this.#head;
      }
      this.#open.asked.push(...asked);
      for (const { take } of asked) {
        const turn = take(others);
        others = [];
        this.#write(this.#open, turn);
        mayWait &&= turn.ahead !== undefined;
        if (turn.ahead) ahead.push(turn.ahead);
      }
    });
    if (this.#open === undefined) return;
    for (const act of ahead) act();
    // What was done may have been to ask for all of it.
    if (this.#open !== undefined) this.#commitInTime(this.#open, mayWait);
  }

  #commitInTime(open: OpenWrite, mayWait: boolean): void {
    const isNew = open.head.seq > this.#head.seq;
    const leftMs = windowAfter(this.#lastWriteMs) - (performance.now() - open.since);
    if (!mayWait || !isNew || leftMs <= 0 || (open.timer === undefined && !this.#options.isAlone())) this.#commit();
    else open.timer ??= setTimeout(() => this.#commit(), leftMs);
  }

  #write(open: OpenWrite, { events, at, checkpoint }: Turn): void {
    let { seq, chain } = open.head;
    for (const event of events) {
      seq++;
      const { run, type } = event;
      const version = eventVersions[type];
      const body = JSON.stringify(event);
      chain = chainOf(chain, { seq, at, version, run, type, body });
      this.#insert.run(seq, at, version, run, type, chain, body);
      this.#record({ seq, at, version, event });
    }
    open.head = { seq, chain };
    if (!checkpoint) return;
    this.#keep(open.head, checkpoint);
    open.isKept = true;
  }

  #commit(): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#guarded([], () => {
      const begun = performance.now();
      this.#end.run();
      this.#lastWriteMs = performance.now() - begun;
      this.#head = open.head;
      this.#readUpTo = open.head.seq;
    });
    if (this.#failure) return;
    this.#open = undefined;
    clearTimeout(open.timer);
    if (open.isKept) this.#options.checkpointKept();
    for (const { durable } of open.asked) durable.resolve();
  }

  /** When anything fails, nothing of this transaction is written, and nothing is any more. */
  #guarded(asked: readonly Asked[], write: () => void): void {
    try {
      write();
    } catch (error) {
      const lost = new Set([...(this.#open?.asked ?? []), ...asked]);
      clearTimeout(this.#open?.timer);
      this.#open = undefined;
      // SQLite may have rolled back by itself.
      if (this.#database.isTransaction) this.#database.exec("rollback");
      this.#failure = asStoreError(error, this.#options.path);
      for (const { durable } of lost) durable.reject(this.#failure);
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
