import { closeSync, openSync, renameSync, writeSync } from "node:fs";

/**
 * What one attempt prints: `<time> <step> <text>` lines, the time in ISO form with milliseconds, the step counted from 0.
 * Most attempts print little; their lines stand in a file of the whole run. One that prints much, or is kept apart, has all of
 * them in a file of its own. One that printed nothing leaves nothing.
 */
export interface AttemptLog {
  /** Lines without line ends, already fit to be shown. */
  write(lines: Lines): void;
  /**
   * Writes what was kept back and closes the file; a second time it does nothing. `apart`: in a file of its own, for somebody
   * will look at it. Throws when the disk does not take it.
   */
  close(how?: { apart: boolean }): void;
}

/** Where the lines of an attempt go. */
export interface LogPlace {
  /** Whole lines that the attempt has printed already, and whether they stand in its own file. */
  earlier?: { isApart: boolean; text: string };
  /** One or more whole lines, each with its line end, to the file of the run. */
  share(lines: string): void;
  /** The path of the attempt's own file, in a folder that is there. */
  ownPath(): string;
  close(): void;
}

export interface Lines {
  step: number;
  /** Milliseconds since the epoch. */
  at: number;
  texts: readonly string[];
}

/** From here on an attempt has a file of its own. Until then its lines are in memory, too. */
const sharedBytes = 64 * 1024;

/**
 * `limitBytes` bounds the file and the memory: the first half is written as it comes, of the rest the last half is kept
 * and written at the end, with a line between that says how much was left out.
 */
export function createAttemptLog(place: LogPlace, limitBytes: number): AttemptLog {
  const half = limitBytes / 2;
  const { isApart = false, text: earlier = "" } = place.earlier ?? {};
  let fd = isApart ? openSync(place.ownPath(), "a") : undefined;
  /** Lines that stand in the file of the run. */
  let shared = isApart ? "" : earlier;
  let headBytes = Buffer.byteLength(earlier);
  const tail: { text: string; bytes: number; lines: number }[] = [];
  let tailBytes = 0;
  let cutBytes = 0;
  let cutLines = 0;
  let lastAt = 0;
  let lastStep = 0;
  let closed = false;

  function append(text: string): void {
    if (fd === undefined && headBytes > sharedBytes) moveApart();
    if (fd !== undefined) {
      writeAll(fd, text);
      return;
    }
    place.share(text);
    shared += text;
  }

  /** It appears with all that there is of it. */
  function moveApart(): void {
    const path = place.ownPath();
    fd = openSync(`${path}.new`, "w");
    writeAll(fd, shared);
    renameSync(`${path}.new`, path);
    shared = "";
  }

  return {
    write({ step, at, texts }) {
      if (texts.length === 0) return;
      const prefix = `${isoTime(at)} ${step} `;
      const text = `${prefix}${texts.join(`\n${prefix}`)}\n`;
      const bytes = Buffer.byteLength(text);
      lastAt = at;
      lastStep = step;
      if (tail.length === 0 && headBytes + bytes <= half) {
        headBytes += bytes;
        append(text);
        return;
      }
      tail.push({ text, bytes, lines: texts.length });
      tailBytes += bytes;
      while (tailBytes > half && tail.length > 1) {
        const cut = tail.shift()!;
        tailBytes -= cut.bytes;
        cutBytes += cut.bytes;
        cutLines += cut.lines;
      }
    },
    close({ apart } = { apart: false }) {
      if (closed) return;
      closed = true;
      try {
        if (cutLines > 0) {
          const size = `${cutLines} lines, ${cutBytes} bytes`;
          append(`${isoTime(lastAt)} ${lastStep} [baton: the log is full; ${size} were left out here]\n`);
        }
        for (const kept of tail) append(kept.text);
        if (apart && fd === undefined && shared.length > 0) moveApart();
      } finally {
        if (fd !== undefined) closeSync(fd);
        place.close();
      }
    },
  };
}

function writeAll(file: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
}

let cachedAt = Number.NaN;
let cachedTime = "";

/** Many lines share a millisecond. */
function isoTime(at: number): string {
  if (at !== cachedAt) {
    cachedAt = at;
    cachedTime = new Date(at).toISOString();
  }
  return cachedTime;
}
