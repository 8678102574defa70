/** How a finding was carried out, moment by moment, in words and on the graph. */

import type { Facts } from "../../facts/facts.ts";
import { isStaged } from "../../facts/stages.ts";
import { isMoment, samePath } from "../../simulation/patterns.ts";
import type { RootEvent, Scenario } from "../../simulation/scenario.ts";
import type { Trace, TraceEntry, TraceRun } from "../../simulation/trace.ts";
import type { Replayed } from "../check.ts";
import { reaches } from "../replay.ts";

export interface ReplayMoment {
  readonly words: string;
  readonly does: "happens" | "starts" | "waits" | "reads" | "succeeds" | "fails" | "stops";
  /** Of the graph with all jobs in it. */
  readonly node?: string;
  /** The claim speaks of it; the others happen on the way. */
  readonly isKey: boolean;
}

/** Up to the bad end. */
export function replayMoments(facts: Facts, { claim, trace }: Replayed): ReplayMoment[] {
  const keys = keyEntries(trace, claim.schedule);
  const last = lastThatMatters(trace, { bad: claim.bad, from: Math.max(0, ...keys) });
  return trace.entries.slice(0, last + 1).flatMap((entry, at) => {
    const moment = momentOf(facts, entry, trace);
    return moment === undefined ? [] : [{ ...moment, isKey: keys.has(at) }];
  });
}

/** Where the moments of the schedule are. */
function keyEntries({ entries, runs }: Trace, schedule: Replayed["claim"]["schedule"]): ReadonlySet<number> {
  const keys = new Set<number>();
  let at = 0;
  for (const moment of schedule) {
    const found = entries.findIndex((entry, i) => i >= at && isMoment(moment, entry, runs));
    if (found < 0) break;
    keys.add(found);
    at = found + 1;
  }
  return keys;
}

/** What can only be told at the end (that something never comes) takes all of it. */
const isToldAtTheEnd: ReadonlySet<string> = new Set(["never-created", "never-runs", "not-followed", "refused"]);

function lastThatMatters(trace: Trace, { bad, from }: { bad: Replayed["claim"]["bad"]; from: number }): number {
  const { length } = trace.entries;
  if (isToldAtTheEnd.has(bad.kind)) return length - 1;
  for (let last = from; last < length; last++) {
    if (reaches({ ...trace, entries: trace.entries.slice(0, last + 1) }, bad)) return last;
  }
  return length - 1;
}

type Told = Omit<ReplayMoment, "isKey">;

function momentOf(facts: Facts, entry: TraceEntry, { runs, scenario }: Trace): Told | undefined {
  switch (entry.kind) {
    case "event":
      return { words: eventWords(scenario, entry.event), does: "happens" };
    case "run-created":
      return {
        words: `${entry.run.name} starts${causeWords(entry.run, runs)}`,
        does: "starts",
        node: entry.run.pipeline,
      };
    case "not-started":
      return { words: `${entry.pipeline} does not start: ${entry.reason}`, does: "stops", node: entry.pipeline };
    case "queued":
      return { words: `${subject()} waits for the lock ${entry.group}`, does: "waits", ...place() };
    case "dropped":
      return { words: `a newer one takes the place of ${subject()}`, does: "stops", ...place() };
    case "run-cancelled":
      return { words: `${subject()} is cancelled for a newer one`, does: "stops", ...place() };
    case "run-ended": {
      const { name, pipeline } = runs[entry.run]!;
      return { words: `${name} has ended: ${entry.conclusion}`, does: endOf(entry.conclusion), node: pipeline };
    }
    case "job-started":
      return { words: `${subject()} starts`, does: "starts", ...place() };
    case "job-ended":
      // What is skipped was never seen to begin.
      return entry.conclusion === "skipped"
        ? { words: `${subject()} is skipped`, does: "stops", ...place() }
        : { words: `${subject()} has ended: ${entry.conclusion}`, does: endOf(entry.conclusion), ...place() };
    case "step":
      if (entry.outcome === "success") return undefined;
      return { words: `step ${entry.step + 1} of ${subject()} fails`, does: "fails", ...place() };
    case "read":
      return { words: `${subject()} ${readWords(entry.found, runs)}`, does: "reads", ...place() };
    default:
      return entry satisfies never;
  }

  function subject(): string {
    const { run, path = [] } = entry as { run: number; path?: readonly string[] };
    const { name } = runs[run]!;
    return path.length === 0 ? name : `${path.join(" / ")} of ${name}`;
  }

  function place(): { node?: string } {
    const { run, path = [] } = entry as { run: number; path?: readonly string[] };
    const node = nodeOf(facts, runs[run]!.pipeline, path);
    return node === undefined ? {} : { node };
  }
}

const endOf = (conclusion: string) => (conclusion === "success" ? "succeeds" : "fails");

/** As the graph calls them: by the id of the job. */
function nodeOf(facts: Facts, pipeline: string, path: readonly string[]): string | undefined {
  if (path.length === 0) return pipeline;
  const owner = facts.pipeline(pipeline);
  const job = owner?.jobs.find((one) => samePath(one.path, path));
  if (!owner || !job || !isStaged(owner)) return job?.id;
  const stage = owner.stages.find(({ id }) => id === job.caller);
  // Fetching the source is the beginning of the pipeline itself; a stage is drawn as its actions.
  return stage?.actions.every(({ kind }) => kind === "source") ? pipeline : stage && job.id;
}

const causeWords = ({ cause }: TraceRun, runs: readonly TraceRun[]) =>
  cause.kind === "run" ? `, after ${runs[cause.run]!.name}` : "";

function readWords(found: Extract<TraceEntry, { kind: "read" }>["found"], runs: readonly TraceRun[]): string {
  if (found.of === "source") {
    return found.outsider ? `takes files that somebody outside wrote` : `takes the files of ${found.commit}`;
  }
  return found.from === undefined
    ? `looks for the artifact "${found.name}": there is none`
    : `takes the artifact "${found.name}" of ${runs[found.from]!.name}`;
}

function eventWords({ events }: Scenario, id: string): string {
  const event = events.find((one) => one.id === id);
  return event === undefined ? id : rootWords(event);
}

function rootWords(event: RootEvent): string {
  switch (event.kind) {
    case "push":
      return `push of ${event.commit} to ${event.ref.kind === "tag" ? "tag " : ""}${event.ref.name}`;
    case "pull-request":
      return `pull request of ${event.head} into ${event.base}: ${event.action}`;
    case "dispatch":
      return `somebody starts ${event.pipeline} on ${event.branch}`;
    case "custom-event":
      return `event ${event.type}`;
    case "schedule":
      return `it is time for ${event.pipeline}`;
    case "release":
      return `release ${event.tag}: ${event.action}`;
    case "other":
      return event.action === "" ? event.name : `${event.name}: ${event.action}`;
    case "call":
      return `${event.callerName} calls ${event.pipeline}`;
    case "rerun":
      return `somebody runs ${event.of.pipeline} again`;
    case "cancel":
      return `somebody cancels ${event.of.pipeline}`;
    case "expiry":
      return `the artifacts of ${event.of.pipeline} are deleted, as they are old`;
    default:
      return event satisfies never;
  }
}
