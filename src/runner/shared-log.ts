import { closeSync, fstatSync, mkdirSync, openSync, readSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/**
 * The file that all attempts of a run append what they print to: lines `<attempt> <time> <step> <text>`. A line
 * `<attempt> -` says that what stands there of this attempt before was another's, of the same name.
 */
export class SharedLogWriter {
  readonly #path: string;
  #fd: number | undefined;
  /** A crash cut the last line short. */
  #isTorn: boolean;

  constructor(path: string, { isTorn }: { isTorn: boolean }) {
    this.#path = path;
    this.#isTorn = isTorn;
  }

  /** One or more whole lines `<time> <step> <text>`, at the end of the file. Throws when the disk does not take it. */
  append(attempt: string, lines: string): void {
    const text = `${attempt} ${lines.slice(0, -1).replaceAll("\n", `\n${attempt} `)}\n`;
    if (this.#fd === undefined) {
      mkdirSync(dirname(this.#path), { recursive: true });
      this.#fd = openSync(this.#path, "a");
    }
    const bytes = Buffer.from(this.#isTorn ? `\n${text}` : text);
    for (let written = 0; written < bytes.length; ) written += writeSync(this.#fd, bytes, written);
    this.#isTorn = false;
  }

  beginAnew(attempt: string): void {
    this.append(attempt, "-\n");
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

interface Range {
  from: number;
  to: number;
}

const pieceBytes = 1 << 18;
const [lineEnd, blank, dash] = [0x0a, 0x20, 0x2d];

/** Finds what is whose in a shared log, and goes on where it was when the file has grown. */
export class SharedLogReader {
  readonly #path: string;
  readonly #ranges = new Map<string, Range[]>();
  /** Up to here its lines are known. */
  #seen = 0;
  #isTorn = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** Attempts of which something stands there. */
  get attempts(): Iterable<string> {
    return this.#ranges.keys();
  }

  /** Whether the last line has no end, so far. */
  get isTorn(): boolean {
    return this.#isTorn;
  }

  /** Looks at what has been appended since; a file that is not there is empty. */
  look(): void {
    let file: number;
    try {
      file = openSync(this.#path, "r");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      throw error;
    }
    try {
      this.#lookAt(file);
    } finally {
      closeSync(file);
    }
  }

  #lookAt(file: number): void {
    const size = fstatSync(file).size;
    let piece = Buffer.allocUnsafe(Math.max(0, Math.min(pieceBytes, size - this.#seen)));
    while (this.#seen < size) {
      const count = readSync(file, piece, 0, piece.length, this.#seen);
      const used = this.#index(piece.subarray(0, count));
      this.#seen += used;
      this.#isTorn = used < count;
      if (used > 0) continue;
      if (this.#seen + count >= size) break;
      // A line that is longer than the piece.
      piece = Buffer.allocUnsafe(piece.length * 2);
    }
  }

  /** The attempt's lines from this place in the file on, and where they end; each still has the attempt's name before it. */
  *read(attempt: string, from: number): Generator<{ lines: Buffer; end: number }> {
    const ranges = (this.#ranges.get(attempt) ?? []).filter(({ to }) => to > from);
    if (ranges.length === 0) return;
    const file = openSync(this.#path, "r");
    try {
      for (const range of ranges) {
        const start = Math.max(range.from, from);
        const lines = Buffer.allocUnsafe(range.to - start);
        yield { lines: lines.subarray(0, readSync(file, lines, 0, lines.length, start)), end: range.to };
      }
    } finally {
      closeSync(file);
    }
  }

  /** How many bytes of lines. */
  #index(piece: Buffer): number {
    let at = 0;
    for (;;) {
      const end = piece.indexOf(lineEnd, at);
      if (end === -1) return at;
      const space = piece.indexOf(blank, at);
      if (space !== -1 && space < end) {
        const name = piece.toString("latin1", at, space);
        if (piece[space + 1] === dash && space + 2 === end) this.#ranges.set(name, []);
        else this.#add(name, { from: this.#seen + at, to: this.#seen + end + 1 });
      }
      at = end + 1;
    }
  }

  #add(name: string, range: Range): void {
    const ranges = this.#ranges.get(name);
    const last = ranges?.at(-1);
    if (ranges === undefined) this.#ranges.set(name, [range]);
    else if (last?.to === range.from) last.to = range.to;
    else ranges.push(range);
  }
}
