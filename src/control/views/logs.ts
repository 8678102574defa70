import type { RunId } from "../../engine/events.ts";
import type { AttemptName } from "../../runner/log-path.ts";
import type { JournalReader } from "../../store/journal-reader.ts";
import { findRun } from "../local/journal.ts";
import { findJobs } from "../request/job-names.ts";

/** Two words that are a run and a job, or one that is either: without a run the newest is meant, without a job all. */
export function whatIsMeant(
  journal: JournalReader,
  first: string | undefined,
  second: string | undefined,
): { run: RunId; job: string | undefined } {
  if (second !== undefined || first === undefined) return { run: findRun(journal, first).run, job: second };
  const run = isRunName(first) ? findRun(journal, first) : journal.findRun(first);
  return run ? { run: run.run, job: undefined } : { run: findRun(journal, undefined).run, job: first };
}

/** No job is called like that: a job's name has a pipeline's before it. */
const isRunName = (word: string) => /^r?\d+$/.test(word);

/** The attempts of a run in the order in which they were started: the last one of each job unless one is named. */
export function attemptsIn(
  journal: JournalReader,
  run: RunId,
  what: { job: string | undefined; attempt: number | undefined },
): AttemptName[] {
  const attempts = new Map<string, AttemptName>();
  let jobs: string[] = [];
  for (const { event } of journal.loadRun(run)) {
    if (event.type === "run.created") jobs = event.plan.jobs.map(({ id }) => id);
    if (event.type !== "job.started") continue;
    if (what.attempt !== undefined && event.attempt !== what.attempt) continue;
    attempts.delete(event.job);
    attempts.set(event.job, { run, job: event.job, attempt: event.attempt });
  }
  if (what.job === undefined) return [...attempts.values()];
  const wanted = new Set(findJobs(what.job, jobs));
  return [...attempts.values()].filter(({ job }) => wanted.has(job));
}
