/** What a simulator can do with a scenario, told by trying every order: what replays are held to. */

import { isMoment } from "../../src/simulation/patterns.ts";
import type { Scenario } from "../../src/simulation/scenario.ts";
import type { Moment } from "../../src/simulation/schedule.ts";
import type { Simulator } from "../../src/simulation/simulator.ts";
import type { Trace, TraceEntry } from "../../src/simulation/trace.ts";

/** Every trace of a scenario, by trying every choice of the scheduler; undefined where there are too many. */
export function everyTrace(simulator: Simulator, given: Scenario, most: number): Trace[] | undefined {
  const traces: Trace[] = [];
  let choices: { readonly taken: number; readonly of: number }[] = [];
  for (;;) {
    const made: { taken: number; of: number }[] = [];
    const trace = simulator.simulate(given, {
      choose(options) {
        const taken = choices[made.length]?.taken ?? 0;
        made.push({ taken, of: options.length });
        return taken;
      },
    });
    traces.push(trace);
    if (traces.length > most) return undefined;
    const last = made.findLastIndex(({ taken, of }) => taken + 1 < of);
    if (last < 0) return traces;
    choices = [...made.slice(0, last), { taken: made[last]!.taken + 1, of: made[last]!.of }];
  }
}

export function contains({ entries, runs }: Trace, schedule: readonly Moment[]): boolean {
  let next = 0;
  for (const entry of entries) if (next < schedule.length && isMoment(schedule[next]!, entry, runs)) next++;
  return next === schedule.length;
}

/** Moments as the checker claims them: by pipeline and root event, not by the number of a run. */
function momentOf(entry: TraceEntry, { runs }: Trace): Moment[] {
  if (entry.kind === "event" || entry.kind === "not-started" || entry.kind === "read") return [];
  const info = entry.kind === "run-created" ? entry.run : runs[entry.run]!;
  const run = { pipeline: info.pipeline, event: info.root };
  switch (entry.kind) {
    case "run-created":
      return [{ kind: "run-created", run }];
    case "run-ended":
      return [{ kind: "run-ended", run, conclusion: entry.conclusion }];
    case "job-started":
      return [{ kind: "job-started", job: { run, path: entry.path } }];
    case "job-ended":
      return [
        { kind: "job-ended", job: { run, path: entry.path }, conclusion: entry.conclusion },
        { kind: "job-ended", job: { run: { pipeline: info.pipeline }, path: entry.path } },
      ];
    case "step":
      return [{ kind: "step", job: { run, path: entry.path }, step: entry.step }];
    case "queued":
    case "dropped":
    case "run-cancelled":
      return [{ kind: entry.kind, run, ...(entry.path ? { path: entry.path } : {}) }];
    default:
      return entry satisfies never;
  }
}

export function momentsOf(traces: readonly Trace[]): Moment[] {
  const moments = new Map<string, Moment>();
  for (const trace of traces) {
    for (const entry of trace.entries) {
      for (const moment of momentOf(entry, trace)) moments.set(JSON.stringify(moment), moment);
    }
  }
  return [...moments.values()];
}
