import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import type { LogPlace } from "./attempt-log.ts";
import { type AttemptName, attemptFileName, logPath, runLogsFolder, sharedLogPath } from "./log-path.ts";
import { SharedLogReader, SharedLogWriter } from "./shared-log.ts";

/**
 * Where attempts print to. A file for each of them would cost a short job more than all the rest: a file system that is just
 * being synced makes new files wait, and a sync write them.
 */
export interface RunLogs {
  /** The place of this attempt; what one of the same name printed before counts no more, unless it is the same that `goesOn`. */
  open(attempt: AttemptName, how?: { goesOn: true }): LogPlace;
  /** To be called when no attempt runs. */
  close(): void;
}

interface RunLog {
  shared: SharedLogWriter;
  /** Attempts of which there is something. */
  names: Set<string>;
  /** Attempts that write to it now. */
  users: number;
}

export function createRunLogs(stateFolder: string): RunLogs {
  const logs = new Map<string, RunLog>();

  function take(run: string): RunLog {
    let log = logs.get(run);
    if (log === undefined) {
      forgetUnused();
      log = lookAt(stateFolder, run);
      logs.set(run, log);
    }
    log.users++;
    return log;
  }

  function forgetUnused(): void {
    for (const [run, log] of logs) {
      if (log.users > 0) continue;
      log.shared.close();
      logs.delete(run);
    }
  }

  return {
    open(attempt, how) {
      const log = take(attempt.run);
      const name = attemptFileName(attempt);
      const path = logPath(stateFolder, attempt);
      // A crash may have lost the start of an attempt of this number, and not what it had printed.
      const earlier = log.names.has(name) && how?.goesOn ? readEarlier(stateFolder, attempt) : undefined;
      if (log.names.has(name) && earlier === undefined) removeEarlier(log, name, path);
      return {
        ...(earlier !== undefined && { earlier }),
        share(lines) {
          log.shared.append(name, lines);
          log.names.add(name);
        },
        ownPath() {
          mkdirSync(runLogsFolder(stateFolder, attempt.run), { recursive: true });
          log.names.add(name);
          return path;
        },
        close() {
          log.users--;
        },
      };
    },
    close: forgetUnused,
  };
}

function readEarlier(stateFolder: string, attempt: AttemptName): LogPlace["earlier"] {
  const path = logPath(stateFolder, attempt);
  if (existsSync(path)) return { isApart: true, text: readFileSync(path, "utf8") };
  const shared = new SharedLogReader(sharedLogPath(stateFolder, attempt.run));
  shared.look();
  const name = attemptFileName(attempt);
  let text = "";
  for (const { lines } of shared.read(name, 0)) {
    for (const line of lines.toString("utf8").split("\n").slice(0, -1)) text += `${line.slice(name.length + 1)}\n`;
  }
  return { isApart: false, text };
}

function removeEarlier({ shared }: RunLog, name: string, path: string): void {
  try {
    rmSync(path, { force: true });
    shared.beginAnew(name);
  } catch {
    // Then nothing else can be written there either, and that is told.
  }
}

/** What earlier sessions left of a run. */
function lookAt(stateFolder: string, run: string): RunLog {
  const earlier = new SharedLogReader(sharedLogPath(stateFolder, run));
  const names = new Set<string>();
  let isTorn = false;
  try {
    for (const entry of readdirSync(runLogsFolder(stateFolder, run))) names.add(entry.replace(/\.log$/, ""));
    earlier.look();
    for (const name of earlier.attempts) names.add(name);
    isTorn = earlier.isTorn;
  } catch {
    // Mostly there is nothing. What cannot be read cannot be written either, and that is told then.
  }
  return { shared: new SharedLogWriter(sharedLogPath(stateFolder, run), { isTorn }), names, users: 0 };
}
