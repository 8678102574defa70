import { createHash } from "node:crypto";
import type { Entry } from "./entry.ts";

/** Smaller files share a pack; from here on each is stored by itself. */
export const smallBelowBytes = 128 * 1024;

/** A pack of so many bytes takes no more files. */
const packBytes = 4 * 1024 * 1024;

/** Contents of small files, one after another without anything between them. */
export interface Pack {
  /** 64 hexadecimal digits that stand for the contents in their order. */
  name: string;
  sizeBytes: number;
  slices: Slice[];
}

/** Where in a pack the content of that digest lies. */
export interface Slice {
  digest: string;
  offset: number;
  sizeBytes: number;
}

/**
 * Deals the small files of an artifact, in the order of its listing, out to packs. So where a content lies follows from the
 * listing, and nothing has to be written down about it. A pack ends behind a content whose digest begins with a zero byte (one
 * in 256): when a file changes, appears or goes, the packs around it stay what they were, and artifacts share them.
 */
export class Packing {
  readonly #seen = new Set<string>();
  #slices: Slice[] = [];
  #sizeBytes = 0;

  /** Whether the content is to be appended to the open pack (once is enough), and that pack if it ends with it. */
  add({ digest, sizeBytes }: { digest: string; sizeBytes: number }): { isNew: boolean; full?: Pack } {
    if (this.#seen.has(digest)) return { isNew: false };
    this.#seen.add(digest);
    this.#slices.push({ digest, offset: this.#sizeBytes, sizeBytes });
    this.#sizeBytes += sizeBytes;
    const isLast = digest.startsWith("sha256:00") || this.#sizeBytes >= packBytes;
    const full = isLast ? this.end() : undefined;
    return { isNew: true, ...(full && { full }) };
  }

  /** The open pack, if anything is in it. */
  end(): Pack | undefined {
    if (this.#slices.length === 0) return undefined;
    const contents = this.#slices.map(({ digest }) => `${digest}\n`).join("");
    const pack = {
      name: createHash("sha256").update(contents).digest("hex"),
      sizeBytes: this.#sizeBytes,
      slices: this.#slices,
    };
    this.#slices = [];
    this.#sizeBytes = 0;
    return pack;
  }
}

/** The packs of an artifact. Entries in the order of the listing. */
export function packsOf(entries: readonly Entry[]): Pack[] {
  const packing = new Packing();
  const packs: Pack[] = [];
  for (const entry of entries) {
    if (entry.kind !== "file" || entry.sizeBytes >= smallBelowBytes) continue;
    const { full } = packing.add(entry);
    if (full) packs.push(full);
  }
  const last = packing.end();
  return last ? [...packs, last] : packs;
}

/** The digests of the contents that are stored by themselves. */
export function largeFilesOf(entries: readonly Entry[]): Set<string> {
  const large = entries.filter((entry) => entry.kind === "file" && entry.sizeBytes >= smallBelowBytes);
  return new Set(large.map((entry) => (entry as Entry & { kind: "file" }).digest));
}
