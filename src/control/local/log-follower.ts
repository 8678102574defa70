import { closeSync, openSync, readSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { type AttemptName, logPath } from "../../runner/log-path.ts";

export { type AttemptName, logPath };

import { type LogLine, parseLogLine } from "../../runner/log-reader.ts";

/** Reads the log of an attempt piece by piece while it is written. */
export interface LogFollower {
  /** The complete lines that came since the last call; none while the file is not there. */
  read(): Generator<LogLine>;
}

const pieceBytes = 1 << 16;

export function openLogFollower(stateFolder: string, log: AttemptName): LogFollower {
  const path = logPath(stateFolder, log);
  const decoder = new StringDecoder("utf8");
  const buffer = Buffer.alloc(pieceBytes);
  let position = 0;
  let partial = "";
  return {
    *read() {
      let file: number;
      try {
        file = openSync(path, "r");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
        throw error;
      }
      try {
        for (let size = readSync(file, buffer, 0, pieceBytes, position); size > 0; ) {
          position += size;
          const lines = (partial + decoder.write(buffer.subarray(0, size))).split("\n");
          partial = lines.pop()!;
          for (const line of lines) {
            const parsed = parseLogLine(line);
            if (parsed) yield parsed;
          }
          size = readSync(file, buffer, 0, pieceBytes, position);
        }
      } finally {
        closeSync(file);
      }
    },
  };
}

/** The last lines of an attempt's log, at most `count`. */
export function lastLines(stateFolder: string, log: AttemptName, count: number): LogLine[] {
  const kept: LogLine[] = [];
  for (const line of openLogFollower(stateFolder, log).read()) {
    kept.push(line);
    if (kept.length > 4 * count) kept.splice(0, kept.length - count);
  }
  return kept.slice(-count);
}
