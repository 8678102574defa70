import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { RunId } from "../../engine/events.ts";
import { checkout } from "../../git/checkout.ts";
import { keepOnlySnapshots, keepSnapshot } from "../../git/snapshot.ts";
import { Failure } from "../problem.ts";
import type { Source } from "../source.ts";

/** Where a run works, kept in `.baton/checkouts/<run>.json` so that a resumed run works in the same files. */
interface Workplace {
  version: 1;
  /** Where the jobs work: the definition's folder, or its like in the checkout. Absolute. */
  directory: string;
  /** Absent for a run in the working tree itself. */
  checkout?: { root: string; commit: string; branch?: string; folder: string };
}

/** The checkouts of a state folder. */
export class Checkouts {
  readonly #folder: string;
  readonly #known = new Map<RunId, Workplace>();

  constructor(stateFolder: string) {
    this.#folder = join(stateFolder, "checkouts");
  }

  /** Prepares the files of a new run before it is recorded. Nothing is copied for a run in place. */
  async prepare(run: RunId, { source, inPlace }: { source: Source; inPlace: boolean }): Promise<void> {
    mkdirSync(this.#folder, { recursive: true });
    const prefix = source.kind === "commit" ? source.prefix : "";
    let place: Workplace = { version: 1, directory: join(source.root, prefix) };
    if (source.kind === "commit") {
      const { root, commit, branch } = source;
      if (source.uncommitted.length > 0) await keepSnapshot(root, commit);
      if (!inPlace) {
        const folder = join(this.#folder, run);
        place = {
          version: 1,
          directory: join(folder, prefix),
          checkout: { root, commit, folder, ...(branch !== undefined && { branch }) },
        };
        await checkout({ root, commit, branch: branch ?? "", folder });
      }
    }
    const path = this.#record(run);
    writeFileSync(`${path}.new`, `${JSON.stringify(place, null, 2)}\n`);
    renameSync(`${path}.new`, path);
    this.#known.set(run, place);
  }

  /** Before a run goes on: its files must be there; a checkout that was deleted is made again. */
  async restore(run: RunId): Promise<void> {
    const place = this.#workplace(run);
    if (existsSync(place.directory)) return;
    if (place.checkout === undefined) {
      throw new Failure(`the folder that run ${run} works in is gone: ${place.directory}`, {
        next: `put it back and resume, or give the run up with: baton cancel ${run}`,
      });
    }
    await checkout(place.checkout);
  }

  directoryOf(run: RunId): string {
    return this.#workplace(run).directory;
  }

  /** Removes the checkouts of runs that are over, and the snapshots that neither they nor a deployment need. */
  async tidy({
    keep,
    commits,
    root,
  }: {
    keep: ReadonlySet<RunId>;
    commits: readonly string[];
    root: string | undefined;
  }): Promise<void> {
    if (!existsSync(this.#folder)) return;
    const needed = new Set(commits);
    const runs = new Set(readdirSync(this.#folder).map((name) => name.replace(/\.json(\.new)?$/, "")));
    await Promise.all(
      Array.from(runs, async (run) => {
        const record = this.#read(run);
        if (keep.has(run)) {
          if (record?.checkout) needed.add(record.checkout.commit);
          return;
        }
        await rm(join(this.#folder, run), { recursive: true, force: true });
        await rm(this.#record(run), { force: true });
      }),
    );
    if (root !== undefined) await keepOnlySnapshots(root, needed);
  }

  #workplace(run: RunId): Workplace {
    const known = this.#known.get(run) ?? this.#read(run);
    if (known === undefined) {
      throw new Failure(`nothing says where run ${run} works: ${this.#record(run)} is missing`, {
        next: `give the run up with: baton cancel ${run}`,
      });
    }
    this.#known.set(run, known);
    return known;
  }

  #record(run: RunId): string {
    return join(this.#folder, `${run}.json`);
  }

  #read(run: RunId): Workplace | undefined {
    try {
      return JSON.parse(readFileSync(this.#record(run), "utf8")) as Workplace;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }
}
