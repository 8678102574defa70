/** Whether a claim holds: its schedule can be carried out, and ends in the bad state. */

import type { BadState, Claim } from "../simulation/claim.ts";
import * as patterns from "../simulation/patterns.ts";
import type { JobPattern, RunPattern } from "../simulation/scenario.ts";
import type { Simulator } from "../simulation/simulator.ts";
import type { Found, Trace, TraceEntry } from "../simulation/trace.ts";

export type Answer =
  | { readonly replayed: true; readonly trace: Trace }
  | { readonly replayed: false; readonly reason: string };

export function isReplayed(simulator: Simulator, claim: Claim): Answer {
  const { scenario, schedule, bad } = claim;
  const replay = simulator.replay(scenario, schedule, pipelinesOf(claim));
  if (replay.kind === "impossible") return { replayed: false, reason: replay.reason };
  return reaches(replay.trace, bad)
    ? { replayed: true, trace: replay.trace }
    : { replayed: false, reason: `the schedule can be carried out, but does not end as claimed (${bad.kind})` };
}

/** The pipelines that a claim speaks of; undefined where it is about what none of all of them does. */
function pipelinesOf({ scenario, schedule, bad }: Claim): ReadonlySet<string> | undefined {
  const isOfOwnRun = bad.kind === "finds-nothing" && bad.artifact !== undefined;
  switch (isOfOwnRun ? undefined : bad.kind) {
    case "never-created":
    case "never-runs":
    case "started-after":
    case "finds-nothing":
      return undefined;
    default: {
      const patterns = [...scenario.events, ...schedule, bad].flatMap((each) =>
        Object.values(each).flatMap((value: unknown) => [value].flat().filter(isPattern)),
      );
      const started = [...scenario.events, bad].flatMap((each) => ("pipeline" in each ? [each.pipeline] : []));
      return new Set([...started, ...patterns.map((each) => ("run" in each ? each.run.pipeline : each.pipeline))]);
    }
  }
}

function isPattern(value: unknown): value is JobPattern | RunPattern {
  return typeof value === "object" && value !== null && ("run" in value || "pipeline" in value);
}

/** Whether the bad state is in the trace. */
export function reaches(trace: Trace, bad: BadState): boolean {
  switch (bad.kind) {
    case "runs-after": {
      const ended = firstIndex(trace, (entry) => endedBadly(trace, entry, bad.job));
      return ended >= 0 && firstIndex(trace, (entry) => started(trace, entry, bad.follower), ended) >= 0;
    }
    case "runs-after-run": {
      const ended = firstIndex(
        trace,
        (entry) =>
          entry.kind === "run-ended" &&
          matchesRun(trace, entry.run, bad.run) &&
          bad.conclusions.includes(entry.conclusion),
      );
      return ended >= 0 && firstIndex(trace, (entry) => started(trace, entry, bad.follower), ended) >= 0;
    }
    case "runs-after-step": {
      const isFailed = (entry: TraceEntry) =>
        entry.kind === "step" &&
        entry.step === bad.failed &&
        entry.outcome === "failure" &&
        matchesJob(trace, entry, bad.job);
      const failed = firstIndex(trace, isFailed);
      const isFollower = (entry: TraceEntry) =>
        bad.step === undefined
          ? started(trace, entry, bad.follower)
          : entry.kind === "step" && entry.step === bad.step && matchesJob(trace, entry, bad.follower);
      return failed >= 0 && firstIndex(trace, isFollower, failed) >= 0;
    }
    case "before": {
      const first = firstIndex(trace, (entry) => ended(trace, entry, bad.first));
      const second = firstIndex(trace, (entry) => ended(trace, entry, bad.second));
      return first >= 0 && (second < 0 || first < second);
    }
    case "overlap":
      return overlap(trace, bad.first, bad.second);
    case "dropped":
    case "cancelled": {
      const kinds = bad.kind === "dropped" ? ["dropped"] : ["run-cancelled", "dropped"];
      return trace.entries.some(
        (entry) =>
          (entry.kind === "dropped" || entry.kind === "run-cancelled") &&
          kinds.includes(entry.kind) &&
          matchesRun(trace, entry.run, bad.run) &&
          (!bad.path || !entry.path || patterns.samePath(entry.path, bad.path)),
      );
    }
    case "runs-times":
      return trace.entries.filter((entry) => started(trace, entry, bad.job)).length >= bad.times;
    case "run-times":
      return (
        trace.entries.filter((entry) => entry.kind === "run-created" && matchesRun(trace, entry.run.id, bad.run))
          .length >= bad.times
      );
    case "never-created":
      return !isCreated(trace, bad.run);
    case "refused":
      return (
        trace.entries.some((entry) => entry.kind === "not-started" && entry.pipeline === bad.pipeline) &&
        !trace.runs.some((run) => run.pipeline === bad.pipeline && run.cause.kind === "run")
      );
    case "started-after":
      return bad.each.every((upstream) =>
        trace.runs.some(
          (run) =>
            matchesRun(trace, run.id, bad.run) &&
            run.cause.kind === "run" &&
            trace.runs[run.cause.run]?.pipeline === upstream,
        ),
      );
    case "never-runs":
      return !isRun(trace, bad);
    case "runs":
      return isRun(trace, bad);
    case "reads-other-commit": {
      const runs = trace.runs.filter(({ id }) => matchesRun(trace, id, bad.insteadOf));
      const tested = new Set(runs.flatMap(({ commit, head }) => [commit, head]));
      return tested.size > 0 && reads(trace, bad).some((found) => found.of === "source" && !tested.has(found.commit));
    }
    case "reads-outsider":
      return reads(trace, bad).some((found) => found.of === "source" && found.outsider);
    case "finds-nothing":
      return reads(trace, bad).some(
        (found) =>
          found.of === "artifact" &&
          found.from === undefined &&
          (bad.artifact === undefined || found.name === bad.artifact),
      );
    case "not-followed": {
      const ended = firstIndex(
        trace,
        (entry) => entry.kind === "job-ended" && entry.conclusion === "success" && matchesJob(trace, entry, bad.job),
      );
      const isFollower = (entry: TraceEntry) => bad.by.some((job) => started(trace, entry, job));
      return ended >= 0 && firstIndex(trace, isFollower, ended) < 0;
    }
    case "reads-run":
      return reads(trace, bad).some(
        (found) => found.of === "artifact" && found.from !== undefined && matchesRun(trace, found.from, bad.of),
      );
    default:
      return bad satisfies never;
  }
}

function isCreated(trace: Trace, run: RunPattern): boolean {
  return trace.entries.some((entry) => entry.kind === "run-created" && matchesRun(trace, entry.run.id, run));
}

interface StepPattern {
  readonly job: JobPattern;
  readonly step?: number;
}

function isRun(trace: Trace, { job, step }: StepPattern): boolean {
  return trace.entries.some((entry) =>
    step === undefined
      ? started(trace, entry, job)
      : entry.kind === "step" && entry.step === step && matchesJob(trace, entry, job),
  );
}

/** What the step finds, each time it runs. */
function reads(trace: Trace, { job, step }: StepPattern): Found[] {
  return trace.entries.flatMap((entry) =>
    entry.kind === "read" && entry.step === step && matchesJob(trace, entry, job) ? [entry.found] : [],
  );
}

function firstIndex(trace: Trace, is: (entry: TraceEntry) => boolean, from = -1): number {
  return trace.entries.findIndex((entry, i) => i > from && is(entry));
}

function started(trace: Trace, entry: TraceEntry, job: JobPattern): boolean {
  return entry.kind === "job-started" && matchesJob(trace, entry, job);
}

function ended(trace: Trace, entry: TraceEntry, job: JobPattern): boolean {
  return entry.kind === "job-ended" && entry.conclusion !== "skipped" && matchesJob(trace, entry, job);
}

function endedBadly(trace: Trace, entry: TraceEntry, job: JobPattern): boolean {
  return entry.kind === "job-ended" && entry.conclusion !== "success" && matchesJob(trace, entry, job);
}

function overlap(trace: Trace, first: JobPattern, second: JobPattern): boolean {
  let a = 0;
  let b = 0;
  for (const entry of trace.entries) {
    if (started(trace, entry, first)) a += 1;
    if (started(trace, entry, second)) b += 1;
    if (ended(trace, entry, first)) a -= 1;
    if (ended(trace, entry, second)) b -= 1;
    if (a > 0 && b > 0) return true;
  }
  return false;
}

function matchesJob(
  { runs }: Trace,
  entry: { readonly run: number; readonly path: readonly string[]; readonly leg: number },
  pattern: JobPattern,
): boolean {
  const run = runs[entry.run];
  return run !== undefined && patterns.matchesJob(pattern, { ...entry, run });
}

function matchesRun({ runs }: Trace, id: number, pattern: RunPattern): boolean {
  const run = runs[id];
  return run !== undefined && patterns.matchesRun(pattern, run);
}
