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

/** What was taken and not done. `due` is absent where the file cannot be read: power went, or a disk is broken. */
export interface Abandoned {
  name: string;
  /** Milliseconds since the epoch. */
  at: number;
  due: Due | undefined;
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
    const at = Number(this.#textOf(`looked-${nameOf(branch)}`) || Number.NaN);
    return Number.isSafeInteger(at) ? at : undefined;
  }

  /** It is not looked at again, whatever the clock says; unless the clock was wrong: then `back` is true. */
  looked(branch: string, until: number, { back = false } = {}): void {
    if (!back && until <= (this.lookedAt(branch) ?? 0)) return;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const file = join(this.#folder, `looked-${nameOf(branch)}`);
    writeFileSync(`${file}.${process.pid}`, String(until), { mode: 0o600 });
    renameSync(`${file}.${process.pid}`, file);
  }

  /** Takes what is due then. False: somebody has taken it before. */
  take(due: Due): boolean {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const file = join(this.#folder, nameOfTaken(due));
    try {
      writeFileSync(file, JSON.stringify(due), { flag: "wx", mode: 0o600 });
      return true;
    } catch (error) {
      if (isError(error, "EEXIST")) return false;
      // Where the disk is full the file may be there, and empty: nobody has taken anything.
      rmSync(file, { force: true });
      throw error;
    }
  }

  /** It was done, or told: nothing is owed any more. */
  done(due: Due): void {
    this.settle(nameOfTaken(due));
  }

  /** It was not done after all, and may be taken again. */
  giveBack(due: Due): void {
    rmSync(join(this.#folder, nameOfTaken(due)), { force: true });
  }

  /** What somebody has taken that was due before then, and never did: it was stopped between the two. */
  abandoned(before: number): Abandoned[] {
    return this.#names().flatMap((name) => {
      const at = atOf(name);
      if (!(at < before)) return [];
      const text = this.#textOf(name);
      return text === undefined || text.startsWith(doneWord) ? [] : { name, at, due: dueIn(text) };
    });
  }

  /** It was told that nobody did it. */
  settle(name: string): void {
    try {
      // Over the beginning of what is there: that takes no room, and no file is empty in between.
      writeFileSync(join(this.#folder, name), doneWord, { flag: "r+" });
    } catch (error) {
      if (!isError(error, "ENOENT")) throw error;
    }
  }

  /** What is as old as nobody looks back any more. */
  forgetOld(now: number): void {
    for (const name of this.#names()) if (atOf(name) < now - keptMs) rmSync(join(this.#folder, name), { force: true });
  }

  /** Undefined: another server has forgotten it since. */
  #textOf(name: string): string | undefined {
    try {
      return readFileSync(join(this.#folder, name), "utf8");
    } catch (error) {
      if (isError(error, "ENOENT")) return undefined;
      throw error;
    }
  }

  #names(): string[] {
    try {
      return readdirSync(this.#folder);
    } catch (error) {
      if (isError(error, "ENOENT")) return [];
      throw error;
    }
  }
}

const doneWord = "done";

const nameOfTaken = ({ branch, pipeline, at }: Due) => `taken-${at}-${nameOf(`${branch}\0${pipeline}`)}`;

const atOf = (name: string) => Number(/^taken-(\d+)-/.exec(name)?.[1] ?? Number.NaN);

const nameOf = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 24);

const isError = (error: unknown, code: string) => (error as NodeJS.ErrnoException).code === code;

function dueIn(text: string): Due | undefined {
  try {
    const { branch, pipeline, at } = JSON.parse(text) as Partial<Due>;
    if (typeof branch !== "string" || typeof pipeline !== "string" || typeof at !== "number") return undefined;
    return { branch, pipeline, at };
  } catch {
    return undefined;
  }
}
