import type { JobId } from "../../plan/plan.ts";
import type { JournalReader } from "../../store/journal-reader.ts";
import type { LogPageRequest, LogPageView } from "../host.ts";
import type { Place } from "../project.ts";
import { looksFailing } from "../views/failing-line.ts";
import { attemptsIn, whatIsMeant } from "../views/logs.ts";
import { AttemptLines } from "./attempt-lines.ts";
import { requireJournal } from "./journal.ts";
import { type AttemptName, openRunLogs } from "./logs.ts";
import { endOf } from "./read-logs.ts";

/** Some lines of what jobs of a run printed, found without reading what stands before them. @throws {Refused} */
export async function readLogPage(
  { project }: Place,
  { words: [first, second], attempt, from, most }: LogPageRequest,
): Promise<LogPageView> {
  const { run, job, names, hasEnded, failed } = lookUp();
  const reader = openRunLogs(project.stateFolder, run);
  const logs = names.map((name) => ({ name, lines: new AttemptLines(project.stateFolder, name, reader) }));
  for (const { lines } of logs) await lines.look();
  const total = logs.reduce((sum, { lines }) => sum + lines.size, 0);
  const cut = await firstOf(logs, ({ lines }) => lines.cut);
  const failing = from === "failure" ? await firstOf(logs, failingIn) : undefined;
  const begin = typeof from === "number" ? from : failing === undefined ? total - most : failing - (failing % most);
  const page: LogPageView["lines"] = [];
  let line = Math.max(0, begin);
  let toSkip = line;
  for (const { lines } of logs) {
    toSkip -= lines.skip(toSkip);
    for await (const piece of page.length < most ? lines.more() : []) {
      for (const one of piece) if (page.length < most) page.push({ ...one, line: line++ });
      if (page.length >= most) break;
    }
  }
  const end = hasEnded ? endOf(project, reader, names) : ({ kind: "complete" } as const);
  return {
    version: 1,
    run,
    job,
    lines: page,
    total,
    isOver: hasEnded,
    end: names.length === 0 ? { kind: "not-started" } : end,
    ...(cut !== undefined && { cut }),
    ...(failing !== undefined && { failing }),
  };

  function lookUp() {
    using journal = requireJournal(project);
    const meant = whatIsMeant(journal, first, second);
    const names = attemptsIn(journal, meant.run, { job: meant.job, attempt });
    const hasEnded = journal.run(meant.run)?.conclusion !== undefined;
    return { ...meant, names, hasEnded, failed: from === "failure" ? failedSteps(journal, names) : new Map() };
  }

  /** The first line of the step that failed that looks like it, else its last. */
  async function failingIn({ name, lines }: (typeof logs)[number]): Promise<number | undefined> {
    const step = failed.get(name.job);
    if (step === undefined) return undefined;
    const isIn = (line: { step: number }) => step === anyStep || line.step === step;
    const found = await lines.find(`failure ${step}`, (line) => isIn(line) && looksFailing(line.text));
    if (found !== undefined) return found;
    const behind = await lines.find(`behind ${step}`, (line) => step !== anyStep && line.step > step);
    return (behind ?? lines.size) - 1;
  }
}

const anyStep = -1;

/** Attempts that failed, with the step that did. */
function failedSteps(journal: JournalReader, names: readonly AttemptName[]): Map<JobId, number> {
  const failed = new Map<JobId, number>();
  const [first] = names;
  if (first === undefined) return failed;
  for (const { event } of journal.loadRun(first.run)) {
    if (event.type !== "job.failed") continue;
    if (!names.some(({ job, attempt }) => job === event.job && attempt === event.attempt)) continue;
    failed.set(event.job, event.failure.step ?? anyStep);
  }
  return failed;
}

/** Of several logs one behind the other, where that is first. */
async function firstOf<Log extends { lines: AttemptLines }>(
  logs: readonly Log[],
  place: (log: Log) => Promise<number | undefined> | number | undefined,
): Promise<number | undefined> {
  let before = 0;
  for (const log of logs) {
    const found = await place(log);
    if (found !== undefined && found >= 0) return before + found;
    before += log.lines.size;
  }
  return undefined;
}
