import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { RunId } from "../../../engine/events.ts";
import { ArtifactTransfer, contentsOf } from "../../../store/artifacts/transfer.ts";
import { noteChange } from "../../../store/following.ts";
import type { FilePiece, FolderChange, SharedJournal, Standing } from "../../../store/postgres/shared-journal.ts";
import { StoreError } from "../../../store/store-error.ts";
import { FolderChanges, nothing, pieceBytes } from "./folder-changes.ts";

export interface LeadingOptions {
  journal: SharedJournal;
  /** How it stood when this server became the leader. */
  standing: Standing;
  stateFolder: string;
  /** Another connection, where the one that is there was cut. */
  reopen(): Promise<SharedJournal>;
}

/** How often the others hear of it, in milliseconds, also where nothing happens. */
const beatMs = 150;
/** By it a database that was brought back from an older copy is known again. */
const noteMs = 1_000;
/** How often it is looked what the folder has thrown away, in milliseconds, and how many files at a time. */
const sweepMs = 10 * 60_000;
const sweptAtATime = 500;
/** Without an answer of the database for so long it leads no more: others do by then, or nobody can. */
const giveUpMs = 10_000;

/**
 * A server that leads. It works in its state folder as a server that is alone does, and nothing of it leaves the machine before the
 * database has all that it rests on, as the word of whoever leads then: see `confirmed`. So whoever goes on from the database goes on
 * from all that anybody was ever told.
 */
export class Leading {
  readonly #options: LeadingOptions;
  readonly #changes: FolderChanges;
  readonly #transfer: ArtifactTransfer;
  #journal: SharedJournal;
  /** What is written just now, and what is asked for behind it. */
  #writing: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #wroteAt = performance.now();
  #notedAt = Number.NEGATIVE_INFINITY;
  #heardAt = performance.now();
  #beat: NodeJS.Timeout | undefined;
  #sweeping: NodeJS.Timeout | undefined;
  readonly #lost = Promise.withResolvers<unknown>();
  #failure: unknown;

  private constructor(options: LeadingOptions, changes: FolderChanges) {
    this.#options = options;
    this.#journal = options.journal;
    this.#changes = changes;
    this.#transfer = new ArtifactTransfer(options.stateFolder);
  }

  static async begin(options: LeadingOptions): Promise<Leading> {
    const { journal, standing, stateFolder } = options;
    const sizes = new Map([...(await journal.sizes("logs/")), ...(await journal.sizes("server/access.jsonl"))]);
    const leading = new Leading(options, new FolderChanges(stateFolder, { seq: standing.seq, sizes }));
    if (standing.change === 0) leading.#bringAll();
    await leading.confirmed();
    leading.#beat = setInterval(() => {
      if (performance.now() - leading.#wroteAt >= beatMs) leading.confirmed().catch(() => {});
    }, beatMs);
    leading.#sweeping = setInterval(() => leading.sweep().catch(() => {}), sweepMs).unref();
    return leading;
  }

  get epoch(): number {
    return this.#journal.epoch!;
  }

  get takeovers(): number {
    return this.#options.standing.takeovers;
  }

  /** Resolves with the reason when it leads no more. Nothing of it counts from then on. */
  get lost(): Promise<unknown> {
    return this.#lost.promise;
  }

  /** Something was written to the logs of this run. */
  wrote(run: RunId): void {
    this.#changes.touch(run);
  }

  /**
   * Resolves when the database has all that is in the state folder at this moment, and has said behind it that this server leads.
   * Whoever asks meanwhile shares the next write. @throws {StoreError} when it leads no more, or nobody knows
   */
  confirmed(): Promise<void> {
    this.#next ??= this.#exclusive(async () => {
      this.#next = undefined;
      await this.#share();
    });
    return this.#next;
  }

  /** An artifact of this digest that lies here is in the database when it resolves. */
  async keep(digest: string): Promise<void> {
    const listing = await this.#transfer.listing(digest);
    const paths = contentsOf(listing).map((content) => this.#transfer.pathOf(content));
    // Behind its contents: who has the listing has all of it.
    for (const path of [...paths, this.#transfer.listingPath(digest)]) await this.#bring(path);
  }

  /** What lies here no more needs no copy. */
  async sweep(): Promise<void> {
    for (let path = ""; ; ) {
      const paths = await this.#exclusive(() => this.#journal.pathsBehind(path, sweptAtATime));
      const gone = paths.filter((name) => !existsSync(join(this.#options.stateFolder, name)));
      if (gone.length > 0) await this.#exclusive(() => this.#write({ ...nothing, gone }));
      if (paths.length < sweptAtATime) return;
      path = paths.at(-1)!;
    }
  }

  /** Another server may lead at once. */
  async close(): Promise<void> {
    clearInterval(this.#beat);
    clearInterval(this.#sweeping);
    await this.confirmed();
    await this.#exclusive(() => this.#journal.release());
    await this.#journal.close();
    this.#changes.close();
  }

  /** What lies here since before any server shared it. */
  #bringAll(): void {
    const entries = (folder: string) => {
      try {
        return readdirSync(join(this.#options.stateFolder, folder));
      } catch {
        return [];
      }
    };
    for (const run of entries("logs")) this.#changes.touch(decodeURIComponent(run));
    for (const name of entries("checkouts")) if (name.endsWith(".json")) this.#changes.touchFile(`checkouts/${name}`);
    void (async () => {
      for (const name of entries("artifacts/listings")) await this.keep(`sha256:${name}`);
    })().catch(() => {});
  }

  async #bring(path: string): Promise<void> {
    const name = relative(this.#options.stateFolder, path);
    if ((await this.#exclusive(() => this.#journal.whole([name]))).has(name)) return;
    const size = statSync(path).size;
    const file = openSync(path, "r");
    try {
      for (let at = 0; at === 0 || at < size; at += pieceBytes) {
        const body = Buffer.alloc(Math.min(pieceBytes, size - at));
        readSync(file, body, 0, body.length, at);
        const piece: FilePiece = { path: name, at, isLast: at + body.length >= size, body };
        await this.#exclusive(() => this.#write({ ...nothing, files: [piece] }));
      }
    } finally {
      closeSync(file);
    }
  }

  async #share(): Promise<void> {
    for (let isPart = true; isPart; ) {
      const change = this.#changes.take();
      if (change !== undefined) await this.#write(change);
      else if (performance.now() - this.#wroteAt >= beatMs) await this.#write(nothing);
      else await this.#patiently((journal) => journal.confirm());
      isPart = change?.isPart ?? false;
    }
  }

  async #write(change: FolderChange): Promise<void> {
    const done = await this.#patiently(async (journal) => {
      await journal.write(change);
      return true;
    });
    if (!done) return;
    this.#wroteAt = performance.now();
    if (this.#wroteAt - this.#notedAt < noteMs) return;
    this.#notedAt = this.#wroteAt;
    noteChange(this.#options.stateFolder, this.#journal.change);
  }

  /** Again over another connection where one is cut; what was written before it was cut is not written twice. */
  async #patiently<Result>(ask: (journal: SharedJournal) => Promise<Result>): Promise<Result | true> {
    for (;;) {
      try {
        const result = await this.#inTime(ask(this.#journal));
        this.#heardAt = performance.now();
        return result;
      } catch (error) {
        if (!isCut(error) || this.#isLate()) throw error;
        await this.#journal.close();
        if (await this.#reconnect()) return true;
      }
    }
  }

  /** Whether what was under way has been written. */
  async #reconnect(): Promise<boolean> {
    for (;;) {
      try {
        const fresh = await this.#inTime(this.#options.reopen());
        try {
          const { hasWritten } = await this.#inTime(fresh.goOnFrom(this.#journal));
          this.#journal = fresh;
          return hasWritten;
        } finally {
          if (this.#journal !== fresh) await fresh.close();
        }
      } catch (error) {
        if (!isCut(error) || this.#isLate()) throw error;
        await pause(100);
      }
    }
  }

  #isLate(): boolean {
    return performance.now() - this.#heardAt > giveUpMs;
  }

  async #inTime<Result>(asked: Promise<Result>): Promise<Result> {
    const late = new AbortController();
    const limit = pause(giveUpMs, undefined, { signal: late.signal, ref: false }).then(() => {
      throw new StoreError(
        "unreachable",
        `The database has not answered for ${giveUpMs / 1000} s. Look whether it runs.`,
      );
    });
    limit.catch(() => {});
    try {
      return await Promise.race([asked, limit]);
    } finally {
      late.abort();
    }
  }

  /** One after the other, until one fails: nothing is written behind that. */
  #exclusive<Result>(work: () => Promise<Result>): Promise<Result> {
    const working = this.#writing.then(async () => {
      if (this.#failure !== undefined) throw this.#failure;
      try {
        return await work();
      } catch (error) {
        this.#failure = error;
        clearInterval(this.#beat);
        this.#lost.resolve(error);
        throw error;
      }
    });
    this.#writing = working.then(
      () => {},
      () => {},
    );
    return working;
  }
}

const isCut = (error: unknown) => error instanceof StoreError && ["unreachable", "busy"].includes(error.code);
