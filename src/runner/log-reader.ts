import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { type AttemptName, logPath } from "./log-path.ts";

/** `at` in milliseconds since the epoch, `step` counts from 0. */
export interface LogLine {
  at: number;
  step: number;
  text: string;
}

/** The lines of an attempt's log, first to last; none when it printed nothing or its log is gone. */
export async function* readLog(stateFolder: string, log: AttemptName): AsyncGenerator<LogLine> {
  const input = createReadStream(logPath(stateFolder, log));
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      const parsed = parseLogLine(line);
      if (parsed !== undefined) yield parsed;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  } finally {
    input.destroy();
  }
}

/** Undefined for a line that a crash cut short before its text began. */
export function parseLogLine(line: string): LogLine | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (\d+) (.*)$/s.exec(line);
  return match === null ? undefined : { at: Date.parse(match[1]!), step: Number(match[2]), text: match[3]! };
}
