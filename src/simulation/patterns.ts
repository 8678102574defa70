/** Which runs, jobs and trace entries the patterns of a claim mean. */

import type { JobPattern, RunPattern } from "./scenario.ts";
import type { Moment } from "./schedule.ts";
import type { TraceEntry, TraceRun } from "./trace.ts";

export function matchesRun(pattern: RunPattern, run: TraceRun): boolean {
  return (
    run.pipeline === pattern.pipeline &&
    (pattern.event === undefined || run.root === pattern.event) &&
    (pattern.after === undefined || run.after === pattern.after)
  );
}

export interface JobOccurrence {
  readonly run: TraceRun;
  readonly path: readonly string[];
  readonly leg: number;
}

export function matchesJob(pattern: JobPattern, place: JobOccurrence): boolean {
  return (
    matchesRun(pattern.run, place.run) &&
    samePath(pattern.path, place.path) &&
    (pattern.leg === undefined || pattern.leg === place.leg)
  );
}

export function samePath(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i]);
}

/** Whether a trace entry is the moment that is wanted. */
export function isMoment(moment: Moment, entry: TraceEntry, runs: readonly TraceRun[]): boolean {
  switch (moment.kind) {
    case "event":
      return entry.kind === "event" && entry.event === moment.event;
    case "run-created":
      return entry.kind === "run-created" && matchesRun(moment.run, entry.run);
    case "dropped":
    case "run-cancelled":
    case "queued":
      return (
        entry.kind === moment.kind &&
        matchesRun(moment.run, runs[entry.run]!) &&
        (moment.path === undefined || (entry.path !== undefined && samePath(moment.path, entry.path)))
      );
    case "run-ended":
      return (
        entry.kind === "run-ended" &&
        matchesRun(moment.run, runs[entry.run]!) &&
        (moment.conclusion === undefined || moment.conclusion === entry.conclusion)
      );
    case "job-started":
      return entry.kind === "job-started" && matchesJob(moment.job, { ...entry, run: runs[entry.run]! });
    case "job-ended":
      return (
        entry.kind === "job-ended" &&
        // A job that was skipped never ran, so it ends only for those who ask for that.
        (moment.conclusion ?? (entry.conclusion === "skipped" ? undefined : entry.conclusion)) === entry.conclusion &&
        matchesJob(moment.job, { ...entry, run: runs[entry.run]! })
      );
    case "step":
      return (
        entry.kind === "step" &&
        entry.step === moment.step &&
        matchesJob(moment.job, { ...entry, run: runs[entry.run]! }) &&
        (moment.outcome === undefined || moment.outcome === entry.outcome)
      );
    default:
      return moment satisfies never;
  }
}
