import { existsSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import type { LogLineView, LogsEnd, LogsRequest, LogsView } from "../host.ts";
import type { Place, Project } from "../project.ts";
import { attemptsIn, whatIsMeant } from "../views/logs.ts";
import { isUnderway, requireJournal } from "./journal.ts";
import { type AttemptName, type LogFollower, openRunLogs, type RunLogReader, runLogsFolder } from "./logs.ts";

const lookEveryMs = 150;

/** What jobs of a run printed, attempt by attempt. @throws {Refused} */
export function readLogs(
  { project }: Place,
  { words: [first, second], attempt, follow, signal }: LogsRequest,
): LogsView {
  using journal = requireJournal(project);
  const { run, job } = whatIsMeant(journal, first, second);
  const wanted = { job, attempt };
  // A job that is not there is told of before anything is printed.
  attemptsIn(journal, run, wanted);
  let end: LogsEnd = { kind: "complete" };
  const lines = followLogs(project, { run, wanted, follow, signal }, (how) => {
    end = how;
  });
  return { run, job, lines, end: () => end };
}

interface Followed {
  run: string;
  wanted: { job: string | undefined; attempt: number | undefined };
  follow: boolean;
  signal: AbortSignal | undefined;
}

async function* followLogs(
  project: Project,
  { run, wanted, follow, signal }: Followed,
  endsWith: (end: LogsEnd) => void,
): AsyncGenerator<LogLineView> {
  using journal = requireJournal(project);
  const reader = openRunLogs(project.stateFolder, run);
  const followers = new Map<string, LogFollower>();
  while (signal?.aborted !== true) {
    // Asked before the files are read: what a finished run printed is complete.
    const isLeft = follow && !isUnderway(journal, run);
    const hasEnded = journal.run(run)?.conclusion !== undefined;
    const logs = attemptsIn(journal, run, wanted);
    if (logs.length === 0 && !follow) return endsWith({ kind: "not-started" });
    for (const log of logs) yield* newLines(reader, log, followers);
    if (isLeft && !hasEnded) return endsWith({ kind: "left" });
    if (!follow || hasEnded) return endsWith(hasEnded ? endOf(project, reader, logs) : { kind: "complete" });
    await setTimeout(lookEveryMs, undefined, { signal }).catch(() => {});
  }
}

function* newLines(
  reader: RunLogReader,
  log: AttemptName,
  followers: Map<string, LogFollower>,
): Generator<LogLineView> {
  const { job, attempt } = log;
  const key = `${job} ${attempt}`;
  const follower = followers.get(key) ?? reader.follow(log);
  followers.set(key, follower);
  for (const line of follower.read()) yield { ...line, job, attempt };
}

/** A job that prints nothing has no log. Nobody can tell that from one that was deleted where nothing of the run is kept. */
function endOf({ stateFolder }: Project, reader: RunLogReader, logs: readonly AttemptName[]): LogsEnd {
  const [first] = logs;
  if (first === undefined || logs.some((log) => reader.has(log))) return { kind: "complete" };
  const folder = runLogsFolder(stateFolder, first.run);
  return { kind: "nowhere", jobs: logs.map(({ job }) => job), folder, isKnownSilent: existsSync(folder) };
}
