import { closeSync, mkdirSync, openSync, unlinkSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/**
 * The log file of one attempt: `<time> <step> <text>` lines, the time in ISO form with milliseconds, the step counted
 * from 0. The file appears with the first line; an attempt that printed nothing has none.
 */
export interface AttemptLog {
  /** Lines without line ends, already fit to be shown. */
  write(lines: Lines): void;
  /** Writes what was kept back and closes the file; a second time it does nothing. Throws when the disk does not take it. */
  close(): void;
}

export interface Lines {
  step: number;
  /** Milliseconds since the epoch. */
  at: number;
  texts: readonly string[];
}

/**
 * `limitBytes` bounds the file and the memory: the first half is written as it comes, of the rest the last half is kept
 * and written at the end, with a line between that says how much was left out.
 */
export function createAttemptLog(path: string, limitBytes: number): AttemptLog {
  const half = limitBytes / 2;
  let fd: number | undefined;
  let headBytes = 0;
  const tail: { text: string; bytes: number; lines: number }[] = [];
  let tailBytes = 0;
  let cutBytes = 0;
  let cutLines = 0;
  let lastAt = 0;
  let lastStep = 0;
  let closed = false;
  // A crash may have lost the start of an attempt of this number, and not what it had printed.
  removeFile(path);

  function append(text: string): void {
    if (fd === undefined) {
      mkdirSync(dirname(path), { recursive: true });
      fd = openSync(path, "w");
    }
    const bytes = Buffer.from(text);
    for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
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
    close() {
      if (closed) return;
      closed = true;
      if (cutLines > 0) {
        const size = `${cutLines} lines, ${cutBytes} bytes`;
        append(`${isoTime(lastAt)} ${lastStep} [baton: the log is full; ${size} were left out here]\n`);
      }
      for (const kept of tail) append(kept.text);
      if (fd !== undefined) closeSync(fd);
    },
  };
}

function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Mostly there is none. One that cannot be removed cannot be written either, and that is told then.
  }
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
