import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const keptMs = 14 * 24 * 60 * 60_000;

/** A pipeline that is due by a schedule, at a minute: milliseconds since the epoch. */
export interface Due {
  branch: string;
  pipeline: string;
  at: number;
}

/**
 * Which minutes were looked at, and who takes what was due: on disk, so that a server that is started again, or another one
 * beside it, does nothing twice and misses nothing without saying so.
 */
export class ScheduledTimes {
  readonly #folder: string;

  constructor(stateFolder: string) {
    this.#folder = join(stateFolder, "server", "schedules");
  }

  /** Up to when the branch was looked at, milliseconds since the epoch; undefined where it never was. */
  lookedAt(branch: string): number | undefined {
    try {
      const at = Number(readFileSync(join(this.#folder, `looked-${nameOf(branch)}`), "utf8"));
      return Number.isSafeInteger(at) ? at : undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  /** It is not looked at again, whatever the clock says. */
  looked(branch: string, until: number): void {
    if (until <= (this.lookedAt(branch) ?? 0)) return;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const file = join(this.#folder, `looked-${nameOf(branch)}`);
    writeFileSync(`${file}.${process.pid}`, String(until), { mode: 0o600 });
    renameSync(`${file}.${process.pid}`, file);
  }

  /** Takes what is due then. False: somebody has taken it before. */
  take(due: Due): boolean {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    try {
      writeFileSync(this.#taken(due), JSON.stringify(due), { flag: "wx", mode: 0o600 });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw error;
    }
  }

  /** It was done, or told: nothing is owed any more. */
  done(due: Due): void {
    writeFileSync(this.#taken(due), "", { mode: 0o600 });
  }

  /** It was not done after all, and may be taken again. */
  giveBack(due: Due): void {
    rmSync(this.#taken(due), { force: true });
  }

  /** What somebody has taken that was due before then, and never did: it was stopped between the two. */
  abandoned(before: number): Due[] {
    return this.#names().flatMap((name) => {
      if (!(atOf(name) < before)) return [];
      const text = readFileSync(join(this.#folder, name), "utf8");
      return text === "" ? [] : (JSON.parse(text) as Due);
    });
  }

  /** What is as old as nobody looks back any more. */
  forgetOld(now: number): void {
    for (const name of this.#names()) if (atOf(name) < now - keptMs) rmSync(join(this.#folder, name), { force: true });
  }

  #names(): string[] {
    try {
      return readdirSync(this.#folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  }

  #taken({ branch, pipeline, at }: Due): string {
    return join(this.#folder, `taken-${at}-${nameOf(`${branch}\0${pipeline}`)}`);
  }
}

const atOf = (name: string) => Number(/^taken-(\d+)-/.exec(name)?.[1] ?? Number.NaN);

const nameOf = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 24);
