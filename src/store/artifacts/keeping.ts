import { closeSync, fsync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { digestOf } from "./listing.ts";
import { type Pack, Packing, smallBelowBytes } from "./packing.ts";
import { pass, readWhole } from "./pieces.ts";
import type { Pool } from "./pool.ts";
import type { Kept } from "./read-tree.ts";

const sync = promisify(fsync);

/** So many files wait for the disk together, at most. */
const syncedTogether = 16;

/** Written, and not on disk yet. */
interface Written {
  staged: string;
  descriptor: number;
  final: string;
}

/** Stores the files of one artifact, then its listing. Nothing has its final name before it is on disk. */
export class Keeping {
  readonly #pool: Pool;
  readonly #packing = new Packing();
  /** What the open pack will hold. */
  #contents: Buffer[] = [];
  #written: Written[] = [];
  /** What has its final name, or had it before: paths that are still to be made durable. */
  #named = new Set<string>();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** One file, open at its beginning; they come in the order of the listing. */
  keepFile({ descriptor, sizeBytes }: { descriptor: number; sizeBytes: number }): Kept | Promise<Kept> {
    const content = readWhole(descriptor, { sizeBytes, limitBytes: smallBelowBytes - 1 });
    return content === undefined ? this.#keepLarge(descriptor) : this.#keepSmall(content);
  }

  /** Makes everything durable that was kept so far. */
  async settle(): Promise<void> {
    const last = this.#packing.end();
    if (last !== undefined) this.#writePack(last);
    await this.#nameWritten();
    await this.#pool.settle(this.#named);
    this.#named = new Set();
  }

  /** Durable when it resolves. To be called after `settle`: a listing promises that everything in it is there. */
  async keepListing(digest: string, content: Buffer): Promise<void> {
    this.#write(this.#pool.pathOf("listings", digest), content);
    await this.#nameWritten();
    await this.#pool.settle(this.#named);
  }

  /** Takes away what was begun and not named. */
  abandon(): void {
    for (const { staged, descriptor } of this.#written.splice(0)) {
      closeSync(descriptor);
      rmSync(staged, { force: true });
    }
  }

  #keepSmall(content: Buffer): Kept | Promise<Kept> {
    const kept = { sizeBytes: content.length, digest: digestOf(content) };
    const { isNew, full } = this.#packing.add(kept);
    if (isNew) this.#contents.push(content);
    if (full !== undefined) this.#writePack(full);
    return this.#written.length < syncedTogether ? kept : this.#nameWritten().then(() => kept);
  }

  async #keepLarge(source: number): Promise<Kept> {
    const staged = this.#pool.stage();
    const written = { staged, descriptor: openSync(staged, "wx+", 0o444), final: "" };
    this.#written.push(written);
    const kept = await pass(source, written.descriptor);
    written.final = this.#pool.pathOf("files", kept.digest);
    const isSmall = kept.sizeBytes < smallBelowBytes;
    if (isSmall || (await this.#pool.holdsFile(written.final, kept))) {
      this.#written.pop();
      closeSync(written.descriptor);
      // It was cut off while it was read.
      const content = isSmall ? readFileSync(staged) : undefined;
      rmSync(staged);
      if (content !== undefined) return this.#keepSmall(content);
      this.#named.add(written.final);
    }
    if (this.#written.length >= syncedTogether) await this.#nameWritten();
    return kept;
  }

  #writePack(pack: Pack): void {
    const content = Buffer.concat(this.#contents);
    this.#contents = [];
    this.#write(this.#pool.pathOf("packs", pack.name), content);
  }

  #write(final: string, content: Buffer): void {
    if (this.#pool.holds(final, content)) {
      this.#named.add(final);
      return;
    }
    const staged = this.#pool.stage();
    const descriptor = openSync(staged, "wx", 0o444);
    this.#written.push({ staged, descriptor, final });
    writeFileSync(descriptor, content);
  }

  async #nameWritten(): Promise<void> {
    const synced = await Promise.allSettled(this.#written.map(({ descriptor }) => sync(descriptor)));
    for (const each of synced) if (each.status === "rejected") throw each.reason;
    for (const { staged, descriptor, final } of this.#written.splice(0)) {
      closeSync(descriptor);
      this.#pool.name(staged, final);
      this.#named.add(final);
    }
  }
}
