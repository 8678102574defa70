import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Moment, Scenario, Simulator, Trace, TraceEntry } from "../../../../src/facts/scenario.ts";
import { isMoment } from "../../../../src/platforms/github/simulate/patterns.ts";
import { createSimulator } from "../../../../src/platforms/github/simulate/simulator.ts";
import { job, push, scenario, simulatorOf } from "./fixtures.ts";
import { cases, describe, repositoryOf } from "./random-workflows.ts";

/** The test run always looks at the same cases, a longer run at new ones. */
const { BATON_SIMULATE_RUNS } = process.env;
const numRuns = Number(BATON_SIMULATE_RUNS ?? 60);
const search = BATON_SIMULATE_RUNS ? { numRuns } : { numRuns, seed: 20_261_120 };

/** Every trace of a scenario, by trying every choice of the scheduler; undefined where there are too many. */
function everyTrace(simulator: Simulator, given: Scenario, most: number): Trace[] | undefined {
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

function contains({ entries, runs }: Trace, schedule: readonly Moment[]): boolean {
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

function momentsOf(traces: readonly Trace[]): Moment[] {
  const moments = new Map<string, Moment>();
  for (const trace of traces) {
    for (const entry of trace.entries) {
      for (const moment of momentOf(entry, trace)) moments.set(JSON.stringify(moment), moment);
    }
  }
  return [...moments.values()];
}

test("a replay is possible exactly where some order of events is", () => {
  const verdicts = { possible: 0, impossible: 0 };
  fc.assert(
    fc.property(
      cases({ workflows: 2, jobs: 2, events: 2 }),
      fc.array(fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), { minLength: 8, maxLength: 8 }),
      (given, picks) => {
        const simulator = createSimulator(repositoryOf(given), { searchLimit: 100_000 });
        const traces = everyTrace(simulator, given.scenario, 400);
        fc.pre(traces !== undefined);
        const moments = momentsOf(traces);
        fc.pre(moments.length > 1);
        for (const pick of picks) {
          const schedule = pick.map((at) => moments[at % moments.length]!);
          const isPossible: boolean = traces.some((trace) => contains(trace, schedule));
          const replay = simulator.replay(given.scenario, schedule);
          const wanted: keyof typeof verdicts = isPossible ? "possible" : "impossible";
          assert.equal(replay.kind, wanted, `${JSON.stringify(schedule)}\n${describe(given)}`);
          verdicts[wanted]++;
          if (replay.kind === "possible") assert.ok(contains(replay.trace, schedule));
        }
      },
    ),
    search,
  );
  assert.ok(verdicts.possible > numRuns && verdicts.impossible > numRuns, JSON.stringify(verdicts));
});

test("an impossible replay says why", () => {
  const simulator = simulatorOf({
    "a.yml": "on: { push: { branches: [main] } }\njobs: { j: { if: false, runs-on: x, steps: [{ run: echo }] } }",
    "b.yml": "on: { push: { branches: [dev] } }\njobs: { j: { runs-on: x, steps: [{ run: echo }] } }",
    "c.yml": "on: schedule\njobs: { j: { runs-on: x, steps: [{ run: echo }] } }",
  });
  const reason = (file: string) => {
    const replay = simulator.replay(scenario([push("p")]), [{ kind: "job-started", job: job(file, "j") }]);
    return replay.kind === "impossible" ? replay.reason : "possible";
  };
  assert.equal(reason("a.yml"), ".github/workflows/a.yml#j is skipped");
  assert.equal(reason("b.yml"), ".github/workflows/b.yml does not start: its branch filter leaves out main");
  assert.equal(reason("c.yml"), "nothing starts .github/workflows/c.yml");
});
