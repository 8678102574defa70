import { mkdir, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isDotGit } from "../../model/dot-git.ts";
import type { ArtifactRef } from "../../plan/plan.ts";
import { stateFolder } from "../state-folder.ts";
import { ArtifactError, LostContent } from "./artifact-error.ts";
import { type ArtifactsFound, findDamage } from "./damage.ts";
import { mergeInto, type Onto, replaceWith, requireReachable, whatIsAt, withoutRepositories } from "./destination.ts";
import { type Garbage, throwAway } from "./garbage.ts";
import { Keeping } from "./keeping.ts";
import { layOut } from "./laying.ts";
import { digestOf, entriesIn, readListing, sizeOf, writeListing } from "./listing.ts";
import { largeFilesOf, packsOf } from "./packing.ts";
import { hashOpen } from "./pieces.ts";
import { Pool } from "./pool.ts";
import { readTree } from "./read-tree.ts";

/** The artifacts of a state folder. Several may be stored and laid at the same time. Paths are absolute. */
export class ArtifactStore {
  readonly #pool: Pool;
  /** Collections and placements under way; clearing up waits for them, and they for it. */
  readonly #busy = new Set<Promise<unknown>>();
  #clearing: Promise<unknown> | undefined;

  constructor(statePath: string) {
    this.#pool = new Pool(stateFolder(statePath).artifacts);
  }

  /**
   * Stores a file or a folder with everything in it. Durable when it resolves. The same files give the same reference,
   * whenever and from wherever they are taken. Nothing on the way from `within` to the path may be a link. `within` itself
   * is taken without its own `.git`, which is the checkout's and not the job's.
   */
  collect(path: string, { within }: { within: string }): Promise<ArtifactRef> {
    return this.#while(async () => {
      await requireReachable(path, within);
      if ((await whatIsAt(path)) === "nothing") throw new ArtifactError("there is nothing at this path");
      const leaveOut = path === within ? isDotGit : () => false;
      const keeping = new Keeping(this.#pool);
      try {
        const entries = await readTree(path, (file) => keeping.keepFile(file), leaveOut);
        const listing = Buffer.from(writeListing(entries));
        await keeping.settle();
        const digest = digestOf(listing);
        await keeping.keepListing(digest, listing);
        return { digest, sizeBytes: sizeOf(entries) };
      } finally {
        keeping.abandon();
      }
    });
  }

  /**
   * Lays an artifact at a path below `within`, as copies that can be changed without harm to the store. Checked byte for
   * byte before anything at the path is touched. What is exactly the artifact already is left as it is: another job may
   * be reading it. Merging leaves every `.git` that is there as it is, and makes none in `within` itself.
   */
  place(artifact: ArtifactRef, path: string, { within, onto }: { within: string; onto: Onto }): Promise<void> {
    return this.#while(async () => {
      await requireReachable(path, within);
      if (onto === "replace" && path === within) throw new ArtifactError(`it would replace all of '${within}'`);
      if (onto === "replace" && (await digestAt(path)) === artifact.digest) return;
      const entries = readListing(await this.#pool.readListing(artifact.digest));
      const staged = await this.#stageNear(path);
      try {
        await layOut(this.#pool, entries, staged).catch(async (error: unknown) => {
          // From now on it counts as lost as a whole, so that the next plan has it made again.
          if (error instanceof LostContent) await this.#pool.discardListing(artifact.digest, "whole or not");
          throw error;
        });
        if (onto === "merge" && (await whatIsAt(path)) !== "nothing") {
          await mergeInto(staged, path, await withoutRepositories(entries, path, within));
        } else await replaceWith(staged, path, `${staged}.old`);
      } finally {
        await rm(staged, { recursive: true, force: true });
      }
    });
  }

  /**
   * Whether an artifact is there with all its contents, by name; no content is read. A listing that nobody can read counts
   * as there, until somebody lays it out: only then it is taken away, so that it can be stored anew.
   */
  has(digest: string): boolean {
    const listing = this.#pool.findListing(digest);
    if (listing === undefined) return false;
    try {
      const entries = entriesIn(listing);
      return (
        packsOf(entries).every(({ name }) => this.#pool.has("packs", name)) &&
        [...largeFilesOf(entries)].every((file) => this.#pool.has("files", file))
      );
    } catch {
      return true;
    }
  }

  /** Those among these artifacts that could not be laid out as they were stored. Reads every byte of them. */
  unusable(digests: Iterable<string>): Promise<string[]> {
    return this.#while(async () => {
      const found: string[] = [];
      for (const digest of new Set(digests)) {
        const staged = this.#pool.stage();
        try {
          await layOut(this.#pool, readListing(await this.#pool.readListing(digest)), staged);
        } catch (error) {
          if (!(error instanceof ArtifactError)) throw error;
          found.push(digest);
        } finally {
          await rm(staged, { recursive: true, force: true });
        }
      }
      return found;
    });
  }

  /**
   * Reads every stored byte and says what is not what its name promises. With `discard` that is taken away, and every
   * artifact that has it with it, so that the job that makes them stores them anew.
   */
  inspect({ discard }: { discard: boolean }): Promise<ArtifactsFound> {
    return this.#while(() => findDamage(this.#pool, { discard }));
  }

  /** Throws away every artifact whose digest is not among those to keep; see `JournalReader.artifactsInUse`. */
  clear({ keep }: { keep: ReadonlySet<string> }): Promise<Garbage> {
    const clearing = Promise.allSettled([this.#clearing, ...this.#busy]).then(() => throwAway(this.#pool, keep));
    this.#clearing = clearing.catch(() => undefined);
    return clearing;
  }

  async #while<Result>(work: () => Promise<Result>): Promise<Result> {
    while (this.#clearing) {
      const clearing = this.#clearing;
      await clearing;
      if (this.#clearing === clearing) this.#clearing = undefined;
    }
    const working = work();
    this.#busy.add(working);
    return working.finally(() => this.#busy.delete(working));
  }

  /** A free path on the file system of `path`: only there can it be moved into place in one step. */
  async #stageNear(path: string): Promise<string> {
    const staged = this.#pool.stage();
    await mkdir(dirname(path), { recursive: true });
    const [there, here] = await Promise.all([stat(dirname(path)), stat(dirname(staged))]);
    return there.dev === here.dev ? staged : join(dirname(path), `.${basename(staged)}`);
  }
}

/** The digest of what is at a path, as far as it could be an artifact. Stores nothing. */
async function digestAt(path: string): Promise<string | undefined> {
  if ((await whatIsAt(path)) === "nothing") return undefined;
  try {
    return digestOf(writeListing(await readTree(path, hashOpen)));
  } catch {
    return undefined;
  }
}
