import { existsSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import type { LogLineView, LogsEnd, LogsRequest, LogsView } from "../host.ts";
import type { Place, Project } from "../project.ts";
import { attemptsIn, whatIsMeant } from "../views/logs.ts";
import { AttemptLines } from "./attempt-lines.ts";
import { ownerOf, requireJournal } from "./journal.ts";
import { type AttemptName, openRunLogs, type RunLogReader, runLogsFolder } from "./logs.ts";

const lookEveryMs = 150;

/** What jobs of a run printed, attempt by attempt. @throws {Refused} */
export function readLogs(
  { project }: Place,
  { words: [first, second], attempt, follow, signal, from = 0 }: LogsRequest,
): LogsView {
  using journal = requireJournal(project);
  const { run, job } = whatIsMeant(journal, first, second);
  const wanted = { job, attempt };
  // A job that is not there is told of before anything is printed.
  attemptsIn(journal, run, wanted);
  let end: LogsEnd = { kind: "complete" };
  const pieces = followLogs(project, { run, wanted, follow, signal, from }, (how) => {
    end = how;
  });
  return { run, job, lines: singly(pieces), pieces, end: () => end };
}

async function* singly(pieces: AsyncIterable<LogLineView[]>): AsyncGenerator<LogLineView> {
  for await (const piece of pieces) yield* piece;
}

interface Followed {
  run: string;
  wanted: { job: string | undefined; attempt: number | undefined };
  follow: boolean;
  signal: AbortSignal | undefined;
  from: number;
}

async function* followLogs(
  project: Project,
  { run, wanted, follow, signal, from }: Followed,
  endsWith: (end: LogsEnd) => void,
): AsyncGenerator<LogLineView[]> {
  using journal = requireJournal(project);
  const reader = openRunLogs(project.stateFolder, run);
  const all = new Map<string, AttemptLines>();
  let toSkip = from;
  const isUnwanted = () => signal?.aborted === true;
  let known = lookUp();
  while (!isUnwanted()) {
    // Asked before the files are read: what a finished run printed is complete.
    if (hasHappened()) known = lookUp();
    const { logs, owner, hasEnded } = known;
    const isLeft = follow && (owner === undefined || !journal.isAlive(owner));
    if (logs.length === 0 && !follow) return endsWith({ kind: "not-started" });
    for (const log of logs) {
      const key = `${log.job} ${log.attempt}`;
      const lines = all.get(key) ?? new AttemptLines(project.stateFolder, log, reader);
      all.set(key, lines);
      await lines.look();
      toSkip -= lines.skip(toSkip);
      for await (const piece of lines.more()) {
        if (isUnwanted()) return;
        yield piece;
      }
    }
    if (isLeft && !hasEnded) return endsWith({ kind: "left" });
    if (!follow || hasEnded) return endsWith(hasEnded ? endOf(project, reader, logs) : { kind: "complete" });
    await setTimeout(lookEveryMs, undefined, { signal }).catch(() => {});
  }

  function lookUp() {
    const seq = journal.newestSeq();
    const hasEnded = journal.run(run)?.conclusion !== undefined;
    return { seq, hasEnded, owner: ownerOf(journal, run), logs: attemptsIn(journal, run, wanted) };
  }

  /** A run of many jobs is not read anew at every look. */
  function hasHappened(): boolean {
    const before = known.seq;
    known = { ...known, seq: journal.newestSeq() };
    return journal.loadBehind(before).some(({ event }) => event.run === run);
  }
}

/** A job that prints nothing has no log. Nobody can tell that from one that was deleted where nothing of the run is kept. */
export function endOf({ stateFolder }: Project, reader: RunLogReader, logs: readonly AttemptName[]): LogsEnd {
  const [first] = logs;
  if (first === undefined || logs.some((log) => reader.has(log))) return { kind: "complete" };
  const folder = runLogsFolder(stateFolder, first.run);
  return { kind: "nowhere", jobs: logs.map(({ job }) => job), folder, isKnownSilent: existsSync(folder) };
}
