import type { LogLineView } from "../host.ts";
import { type AttemptName, IndexedLog, logPath, type RunLogReader } from "./logs.ts";

/**
 * Lines of one attempt, in order and once each: from the file of the run as long as there is little of them, later from one of
 * its own, in which all of them stand.
 */
export class AttemptLines {
  readonly #name: AttemptName;
  readonly #own: IndexedLog;
  readonly #shared: ReturnType<RunLogReader["follow"]>;
  #isApart = false;
  /** Of the run's file, not given yet. */
  readonly #waiting: LogLineView[] = [];
  /** How many were given or skipped. */
  #given = 0;

  constructor(stateFolder: string, name: AttemptName, reader: RunLogReader) {
    this.#name = name;
    this.#own = IndexedLog.of(logPath(stateFolder, name));
    this.#shared = reader.follow(name);
  }

  /** Looks what there is now. */
  async look(): Promise<void> {
    this.#isApart = await this.#own.look();
    if (!this.#isApart) this.#waiting.push(...this.#named(this.#shared.read()));
  }

  /** Lines that there are, given or not. */
  get size(): number {
    return this.#isApart ? Math.max(this.#own.lines, this.#given) : this.#given + this.#waiting.length;
  }

  /** The line that says how much was left out. */
  get cut(): number | undefined {
    return this.#isApart ? this.#own.cut : undefined;
  }

  /** Leaves out so many of the next lines, at most those that there are. How many that were. */
  skip(most: number): number {
    const skipped = Math.min(most, this.size - this.#given);
    if (skipped <= 0) return 0;
    this.#given += skipped;
    this.#waiting.splice(0, skipped);
    return skipped;
  }

  /** Those that the last look has found and that were not given, some at a time. */
  async *more(): AsyncGenerator<LogLineView[]> {
    if (!this.#isApart) {
      const lines = this.#waiting.splice(0);
      this.#given += lines.length;
      if (lines.length > 0) yield lines;
      return;
    }
    this.#waiting.length = 0;
    for await (const lines of this.#own.read(this.#given)) {
      this.#given += lines.length;
      yield this.#named(lines);
    }
  }

  /** The first line of which that is true, however many were given. `name` is of the question. */
  async find(name: string, is: (line: Pick<LogLineView, "step" | "text">) => boolean): Promise<number | undefined> {
    if (this.#isApart) return await this.#own.find(name, is);
    const index = this.#waiting.findIndex(is);
    return index < 0 ? undefined : this.#given + index;
  }

  #named(lines: Iterable<Omit<LogLineView, "job" | "attempt">>): LogLineView[] {
    const { job, attempt } = this.#name;
    return Array.from(lines, (line) => ({ ...line, job, attempt }));
  }
}
