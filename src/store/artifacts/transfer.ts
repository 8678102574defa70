import {
  appendFileSync,
  chmodSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { stateFolder } from "../state-folder.ts";
import { ArtifactError } from "./artifact-error.ts";
import { Keeping } from "./keeping.ts";
import { digestOf, readListing } from "./listing.ts";
import { largeFilesOf, type Pack, packsOf } from "./packing.ts";
import { digestOfFile } from "./pieces.ts";
import { damagedIn, Pool } from "./pool.ts";

/** What an artifact consists of beside its listing. */
export interface Content {
  kind: "files" | "packs";
  /** Of a file its digest, of a pack its name. */
  name: string;
  sizeBytes: number;
}

/** Artifacts on their way between two stores, as they lie there: a listing, large files, packs of small ones. */
export class ArtifactTransfer {
  readonly #pool: Pool;

  constructor(statePath: string) {
    this.#pool = new Pool(stateFolder(statePath).artifacts);
  }

  /** @throws {ArtifactError} when it is not there, or not whole */
  listing(digest: string): Promise<string> {
    return this.#pool.readListing(digest);
  }

  pathOf({ kind, name }: Pick<Content, "kind" | "name">): string {
    return this.#pool.pathOf(kind, name);
  }

  listingPath(digest: string): string {
    return this.#pool.pathOf("listings", digest);
  }

  /** Takes the artifact with this listing. @throws {ArtifactError} when it is no sound listing */
  receive(listing: string): Receiving {
    return new Receiving(this.#pool, listing);
  }
}

/** What the listing of an artifact says that there is. @throws {ArtifactError} */
export function contentsOf(listing: string): (Content & { pack?: Pack })[] {
  const entries = readListing(listing);
  const sizes = new Map(entries.flatMap((entry) => (entry.kind === "file" ? [[entry.digest, entry.sizeBytes]] : [])));
  return [
    ...[...largeFilesOf(entries)].map((name) => ({ kind: "files" as const, name, sizeBytes: sizes.get(name)! })),
    ...packsOf(entries).map((pack) => ({ kind: "packs" as const, name: pack.name, sizeBytes: pack.sizeBytes, pack })),
  ];
}

/** One artifact that is being brought here, piece by piece. Each content is checked before it has its name. */
export class Receiving {
  readonly digest: string;
  readonly #pool: Pool;
  readonly #listing: string;
  readonly #contents: ReadonlyMap<string, Content & { pack?: Pack }>;
  /** By name of the content. */
  readonly #staged = new Map<string, string>();

  constructor(pool: Pool, listing: string) {
    this.#pool = pool;
    this.#listing = listing;
    this.digest = digestOf(listing);
    this.#contents = new Map(contentsOf(listing).map((content) => [content.name, content]));
  }

  missing(): Content[] {
    return [...this.#contents.values()]
      .filter(({ kind, name }) => !this.#pool.has(kind, name))
      .map(({ kind, name, sizeBytes }) => ({ kind, name, sizeBytes }));
  }

  /**
   * A piece of a content, from this byte on. Returns how many bytes of it are here then: of one that does not begin there,
   * nothing is taken. @throws {ArtifactError} when it belongs to no such artifact, or the whole is not what its name says
   */
  async piece(name: string, at: number, piece: Uint8Array): Promise<number> {
    const content = this.#contents.get(name);
    if (content === undefined) throw new ArtifactError("this content is no part of it");
    if (this.#pool.has(content.kind, name)) return content.sizeBytes;
    const staged = this.#staged.get(name) ?? this.#pool.stage();
    if (!this.#staged.has(name)) writeFileSync(staged, "", { flag: "wx" });
    this.#staged.set(name, staged);
    const has = statSync(staged).size;
    if (at !== has) return has;
    if (has + piece.byteLength > content.sizeBytes)
      throw new ArtifactError("there is more of this content than its listing says");
    appendFileSync(staged, piece);
    const now = has + piece.byteLength;
    if (now === content.sizeBytes) await this.#name(content, staged);
    return now;
  }

  /** Makes it an artifact of the store. @throws {ArtifactError} when something of it is not here */
  async keep(): Promise<void> {
    if (this.missing().length > 0) throw new ArtifactError("not all of it is here");
    await new Keeping(this.#pool).keepListing(this.digest, Buffer.from(this.#listing));
  }

  abandon(): void {
    for (const staged of this.#staged.values()) rmSync(staged, { force: true });
    this.#staged.clear();
  }

  async #name({ kind, name, pack }: Content & { pack?: Pack }, staged: string): Promise<void> {
    this.#staged.delete(name);
    const isWhole =
      pack === undefined ? (await digestOfFile(staged)) === name : damagedIn(pack, readFileSync(staged)).length === 0;
    if (!isWhole) {
      rmSync(staged);
      throw new ArtifactError("a content arrived damaged");
    }
    const descriptor = openSync(staged, "r+");
    fsyncSync(descriptor);
    closeSync(descriptor);
    chmodSync(staged, 0o444);
    const final = this.#pool.pathOf(kind, name);
    this.#pool.name(staged, final);
    await this.#pool.settle([final]);
  }
}
