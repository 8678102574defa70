import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { LogLineView, LogsEnd, LogsRequest, LogsView } from "../host.ts";
import type { Place, Project } from "../project.ts";
import { attemptsIn, whatIsMeant } from "../views/logs.ts";
import { isUnderway, requireJournal } from "./journal.ts";
import { type AttemptName, type LogFollower, logPath, openLogFollower } from "./log-follower.ts";

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
  const followers = new Map<string, LogFollower>();
  while (signal?.aborted !== true) {
    // Asked before the files are read: what a finished run printed is complete.
    const isLeft = follow && !isUnderway(journal, run);
    const hasEnded = journal.run(run)?.conclusion !== undefined;
    const logs = attemptsIn(journal, run, wanted);
    if (logs.length === 0 && !follow) return endsWith({ kind: "not-started" });
    for (const log of logs) yield* newLines(project, log, followers);
    if (isLeft && !hasEnded) return endsWith({ kind: "left" });
    if (!follow || hasEnded) return endsWith(hasEnded ? endOf(project, logs) : { kind: "complete" });
    await setTimeout(lookEveryMs, undefined, { signal }).catch(() => {});
  }
}

function* newLines(
  { stateFolder }: Project,
  log: AttemptName,
  followers: Map<string, LogFollower>,
): Generator<LogLineView> {
  const { job, attempt } = log;
  const key = `${job} ${attempt}`;
  const follower = followers.get(key) ?? openLogFollower(stateFolder, log);
  followers.set(key, follower);
  for (const line of follower.read()) yield { ...line, job, attempt };
}

/** A job that prints nothing has no log. Nobody can tell that from one that was deleted where nothing of the run is kept. */
function endOf({ stateFolder }: Project, logs: readonly AttemptName[]): LogsEnd {
  const paths = logs.map((log) => logPath(stateFolder, log));
  if (paths.length === 0 || paths.some((path) => existsSync(path))) return { kind: "complete" };
  const folder = dirname(paths[0]!);
  return { kind: "nowhere", jobs: logs.map(({ job }) => job), folder, isKnownSilent: existsSync(folder) };
}
