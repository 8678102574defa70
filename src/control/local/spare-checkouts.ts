import { hash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type LeftCheckout, savedIndex } from "../../git/checkout.ts";
import { readChecked, writeChecked } from "./checked-file.ts";

/** What is known of one. `index`: a digest of the index, whose own checksum git does not look at. */
type Known = LeftCheckout & { index: string };

/**
 * Checkouts that no run works in any more, and any later one may: to write what differs between two commits takes a small part
 * of removing all files and writing them again. Each is a folder with the files, the index and what is known of them.
 *
 * A rename takes and gives, so of several Batons one has it, and whatever is cut off in between lies in the folder of a run and
 * goes with it. Whoever takes one looks whether it is still what it was.
 */
export class SpareCheckouts {
  readonly #folder: string;

  constructor(stateFolder: string) {
    this.#folder = join(stateFolder, "spare");
  }

  /** Moves one to `folder`, which must not be there. Undefined when there is none. */
  take(folder: string): LeftCheckout | undefined {
    const moved = movedOf(folder);
    for (const name of this.#names()) {
      try {
        mkdirSync(dirname(folder), { recursive: true });
        renameSync(join(this.#folder, name), moved);
      } catch {
        // Somebody else has it.
        continue;
      }
      try {
        const known = readChecked<Known>(join(moved, "left.json"));
        if (typeof known === "string") continue;
        const { index, ...left } = known;
        if (index !== digestOf(join(moved, "index"))) continue;
        renameSync(join(moved, "index"), savedIndex(folder));
        renameSync(join(moved, "files"), folder);
        return left;
      } catch {
        // Of another version, or damaged: whoever lays out what is needed removes what lies in its way.
      } finally {
        rmSync(moved, { recursive: true, force: true });
      }
    }
    return undefined;
  }

  /** Moves what was left in `folder` here, unless there are enough. Where that fails there is one less. */
  give(folder: string, left: LeftCheckout): void {
    const bytes = left.files.reduce((sum, [, , , size]) => sum + size!, 0);
    const { length } = this.#names();
    if (length >= mostSpare || (length + 1) * bytes > mostBytes) return;
    const moved = movedOf(folder);
    try {
      mkdirSync(moved);
      renameSync(folder, join(moved, "files"));
      renameSync(savedIndex(folder), join(moved, "index"));
      writeChecked(join(moved, "left.json"), { ...left, index: digestOf(join(moved, "index")) } satisfies Known);
      mkdirSync(this.#folder, { recursive: true });
      renameSync(moved, join(this.#folder, `${basename(dirname(folder))}.${basename(folder)}`));
    } catch {
      rmSync(moved, { recursive: true, force: true });
    }
  }

  #names(): string[] {
    try {
      return readdirSync(this.#folder);
    } catch {
      return [];
    }
  }
}

/** More jobs than these run at a time on few machines. */
const mostSpare = 16;
const mostBytes = 1 << 30;

const digestOf = (path: string) => hash("sha256", readFileSync(path));

/** On its way, below the folder of a run. */
const movedOf = (folder: string) => `${folder}.spare`;
