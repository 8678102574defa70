import { closeSync, openSync, readSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { type AttemptName, attemptFileName, logPath, sharedLogPath } from "./log-path.ts";
import { SharedLogReader } from "./shared-log.ts";

/** `at` in milliseconds since the epoch, `step` counts from 0. */
export interface LogLine {
  at: number;
  step: number;
  text: string;
}

/** Reads the log of an attempt piece by piece while it is written. */
export interface LogFollower {
  /** The complete lines that came since the last call; none while there is no log, and none of one that is gone. */
  read(): Generator<LogLine>;
}

/** Reads logs of one run. */
export interface RunLogReader {
  follow(attempt: AttemptName): LogFollower;
  /** Whether anything is there of what this attempt printed. */
  has(attempt: AttemptName): boolean;
}

/** What attempts printed is looked for in their own file first: with one, all of it is there. */
export function openRunLogs(stateFolder: string, run: AttemptName["run"]): RunLogReader {
  const shared = new SharedLogReader(sharedLogPath(stateFolder, run));

  function follow(attempt: AttemptName): LogFollower {
    const own = openFile(logPath(stateFolder, attempt));
    const name = attemptFileName(attempt);
    let given = 0;
    let sharedEnd = 0;

    function* fromShared(): Generator<LogLine> {
      shared.look();
      for (const { lines, end } of shared.read(name, sharedEnd)) {
        sharedEnd = end;
        for (const line of lines.toString().split("\n")) {
          const parsed = parseLogLine(line.slice(name.length + 1));
          if (parsed === undefined) continue;
          given++;
          yield parsed;
        }
      }
    }

    return {
      *read() {
        let count = 0;
        const isOwn = own.look();
        if (!isOwn) {
          yield* fromShared();
          return;
        }
        for (const line of own.lines()) {
          const parsed = parseLogLine(line);
          // What it had printed before it had a file of its own stands there as well.
          if (parsed !== undefined && count++ >= given) yield parsed;
        }
        given = 0;
      },
    };
  }

  return {
    follow,
    has: (attempt) => !follow(attempt).read().next().done,
  };
}

/** The last lines of an attempt's log, at most `count`. */
export function lastLines(stateFolder: string, attempt: AttemptName, count: number): LogLine[] {
  const kept: LogLine[] = [];
  for (const line of openRunLogs(stateFolder, attempt.run).follow(attempt).read()) {
    kept.push(line);
    if (kept.length > 4 * count) kept.splice(0, kept.length - count);
  }
  return kept.slice(-count);
}

const pieceBytes = 1 << 16;

interface GrowingFile {
  /** Whether it is there. */
  look(): boolean;
  /** The complete lines that came since the last time. */
  lines(): Generator<string>;
}

function openFile(path: string): GrowingFile {
  const decoder = new StringDecoder("utf8");
  let position = 0;
  let partial = "";

  function open(): number | undefined {
    try {
      return openSync(path, "r");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  return {
    look() {
      const file = open();
      if (file !== undefined) closeSync(file);
      return file !== undefined;
    },
    *lines() {
      const file = open();
      if (file === undefined) return;
      const buffer = Buffer.allocUnsafe(pieceBytes);
      try {
        for (;;) {
          const size = readSync(file, buffer, 0, pieceBytes, position);
          if (size === 0) return;
          position += size;
          const lines = (partial + decoder.write(buffer.subarray(0, size))).split("\n");
          partial = lines.pop()!;
          yield* lines;
        }
      } finally {
        closeSync(file);
      }
    },
  };
}

/** Undefined for a line that a crash cut short before its text began. */
function parseLogLine(line: string): LogLine | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (\d+) (.*)$/s.exec(line);
  return match === null ? undefined : { at: Date.parse(match[1]!), step: Number(match[2]), text: match[3]! };
}
