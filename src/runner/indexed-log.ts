import { type FileHandle, open } from "node:fs/promises";
import type { LogLine } from "./log-reader.ts";

const pieceBytes = 1 << 18;
const linesApart = 1024;
const mostKept = 200;
const [lineEnd, blank, z] = [0x0a, 0x20, 0x5a];
/** Of `2026-11-30T14:02:11.123Z `. */
const timeLength = 24;
/** What stands in place of lines that were left out; see attempt-log.ts. */
const cutWords = Buffer.from("[baton: the log is full; ");

/** Where a line begins. */
interface Mark {
  line: number;
  byte: number;
}

const kept = new Map<string, IndexedLog>();

/**
 * An attempt's own log, whose lines are found by their number: it is looked through once, and later only what it has grown by. So
 * any page of a long log costs about the same. Nobody else waits for a read: it goes piece by piece.
 */
export class IndexedLog {
  readonly #path: string;
  /** Every so many lines. */
  #marks: Mark[] = [{ line: 0, byte: 0 }];
  /** Up to here it was looked through: whole lines. */
  #seen: Mark = { line: 0, byte: 0 };
  #inode: number | undefined;
  #cut: number | undefined;
  #looking: Promise<boolean> | undefined;
  readonly #found = new Map<string, { line: number | undefined; until: number }>();

  private constructor(path: string) {
    this.#path = path;
  }

  /** Kept for whoever asks next; those that were not asked for longest are forgotten. */
  static of(path: string): IndexedLog {
    const log = kept.get(path) ?? new IndexedLog(path);
    kept.delete(path);
    kept.set(path, log);
    if (kept.size > mostKept) kept.delete(kept.keys().next().value!);
    return log;
  }

  /** Whole lines that there were at the last look. */
  get lines(): number {
    return this.#seen.line;
  }

  /** The line that says how much was left out in its place. */
  get cut(): number | undefined {
    return this.#cut;
  }

  /** Looks at what has been appended since. False: there is no such file. */
  look(): Promise<boolean> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Whole lines from this one on, as far as the last look has seen them; some at a time. */
  async *read(from: number): AsyncGenerator<LogLine[]> {
    const end = this.#seen;
    if (from >= end.line) return;
    const mark = this.#marks[Math.floor(from / linesApart)]!;
    let { line } = mark;
    for await (const { piece } of this.#pieces(mark.byte, end.byte)) {
      const found: LogLine[] = [];
      for (const text of piece.toString().split("\n")) {
        if (text === "") continue;
        if (line >= from) found.push(parse(text));
        line++;
      }
      if (found.length > 0) yield found;
    }
  }

  /** The first line at or behind `from` of which that is true. `name` is of the question: it is asked once of each line. */
  async find(name: string, is: (line: LogLine) => boolean): Promise<number | undefined> {
    const before = this.#found.get(name);
    if (before?.line !== undefined || before?.until === this.#seen.line) return before.line;
    let at = before?.until ?? 0;
    const until = this.#seen.line;
    for await (const lines of this.read(at)) {
      const index = lines.findIndex(is);
      if (index >= 0) {
        this.#found.set(name, { line: at + index, until });
        return at + index;
      }
      at += lines.length;
    }
    this.#found.set(name, { line: undefined, until });
    return undefined;
  }

  async #look(): Promise<boolean> {
    const file = await opened(this.#path);
    if (file === undefined) return false;
    try {
      const { size, ino } = await file.stat();
      // Another attempt of the same name was begun anew.
      if (ino !== this.#inode || size < this.#seen.byte) this.#forget(ino);
      for await (const { piece, byte } of wholeLines(file, this.#seen.byte, size)) this.#note(piece, byte);
      return true;
    } finally {
      await file.close();
    }
  }

  #forget(inode: number): void {
    this.#inode = inode;
    this.#marks = [{ line: 0, byte: 0 }];
    this.#seen = { line: 0, byte: 0 };
    this.#cut = undefined;
    this.#found.clear();
  }

  #note(piece: Buffer, byte: number): void {
    let { line } = this.#seen;
    const cut = piece.indexOf(cutWords);
    for (let at = 0; at < piece.length; ) {
      if (line % linesApart === 0) this.#marks[line / linesApart] = { line, byte: byte + at };
      const end = piece.indexOf(lineEnd, at);
      if (cut >= at && cut < end && piece.indexOf(blank, at + timeLength + 1) + 1 === cut) this.#cut = line;
      at = end + 1;
      line++;
    }
    this.#seen = { line, byte: byte + piece.length };
  }

  async *#pieces(from: number, to: number): AsyncGenerator<{ piece: Buffer; byte: number }> {
    const file = await opened(this.#path);
    if (file === undefined) return;
    try {
      yield* wholeLines(file, from, to);
    } finally {
      await file.close();
    }
  }
}

async function opened(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** What is between two places in a file, in pieces of whole lines. A last line without its end is left for later. */
async function* wholeLines(file: FileHandle, from: number, to: number) {
  let size = pieceBytes;
  for (let byte = from; byte < to; ) {
    const wanted = Math.min(size, to - byte);
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(wanted), 0, wanted, byte);
    const end = buffer.subarray(0, bytesRead).lastIndexOf(lineEnd) + 1;
    if (end > 0) {
      yield { piece: buffer.subarray(0, end), byte };
      byte += end;
    } else if (bytesRead < wanted || byte + bytesRead >= to) return;
    else size *= 2;
  }
}

let lastTime = "";
let lastAt = 0;

/** What stands before the text of a line is Baton's own; what a crash cut short is shown as it is. */
function parse(line: string): LogLine {
  const stepEnd = line.indexOf(" ", timeLength + 1);
  if (line.charCodeAt(timeLength) !== blank || line.charCodeAt(timeLength - 1) !== z || stepEnd === -1)
    return { at: lastAt, step: 0, text: line };
  const time = line.slice(0, timeLength);
  if (time !== lastTime) {
    lastTime = time;
    lastAt = Date.parse(time);
  }
  return { at: lastAt, step: Number(line.slice(timeLength + 1, stepEnd)), text: line.slice(stepEnd + 1) };
}
