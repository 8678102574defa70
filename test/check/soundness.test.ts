/** What facts and order call certain never happens otherwise in any simulated trace. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Analysis } from "../../src/check/analysis/analysis.ts";
import { sharedLock } from "../../src/check/analysis/locks.ts";
import type { Circumstances, Conclusion, Facts, JobFacts, Pipeline, Start } from "../../src/facts/facts.ts";
import { githubFacts } from "../../src/platforms/github/facts/github-facts.ts";
import { createSimulator } from "../../src/platforms/github/simulate/simulator.ts";
import type { RootEvent } from "../../src/simulation/scenario.ts";
import type { Trace, TraceEntry, TraceRun } from "../../src/simulation/trace.ts";
import { isFull, tries } from "../lane/depth.ts";
import { randomScheduler } from "../platforms/github/simulate/random-scheduler.ts";
import { type Case, cases, describe, repositoryOf } from "../platforms/github/simulate/random-workflows.ts";

/** Facts and one trace of the same repository, with what both say of each run. */
class Both {
  readonly facts: Facts;
  readonly analysis: Analysis;
  readonly trace: Trace;

  constructor(given: Case, seed: number) {
    const repository = repositoryOf(given);
    this.facts = githubFacts(repository);
    this.analysis = new Analysis(this.facts);
    this.trace = createSimulator(repository).simulate(given.scenario, randomScheduler(seed));
  }

  pipelineOf(run: TraceRun): Pipeline {
    return this.facts.pipeline(run.pipeline)!;
  }

  entriesOf<K extends "job-started" | "job-ended" | "step">(kind: K, run: TraceRun, job: JobFacts) {
    const path = job.path.join("/");
    return this.trace.entries.filter(
      (entry): entry is Extract<TraceEntry, { kind: K }> =>
        entry.kind === kind && entry.run === run.id && entry.path.join("/") === path,
    );
  }

  /** The run as the facts are asked about it: how it came about, and which of its jobs ended badly. */
  circumstancesOf(run: TraceRun): Circumstances | undefined {
    const start = this.pipelineOf(run).starts.find(({ event }) => event === run.event);
    if (!start) return undefined;
    const results = new Map<string, Conclusion>();
    for (const job of this.pipelineOf(run).jobs) {
      const ends = this.entriesOf("job-ended", run, job).map(({ conclusion }) => conclusion);
      const bad = ends.find((conclusion) => conclusion === "failure") ?? ends.find((one) => one === "cancelled");
      if (bad !== undefined) results.set(job.id, bad);
    }
    return { start, results, ...this.originOf(run, start) };
  }

  private originOf(run: TraceRun, start: Start): Omit<Circumstances, "start"> {
    const root = this.trace.scenario.events.find(({ id }) => id === run.root);
    if (start.cause.kind === "completion" && run.cause.kind === "run") {
      const upstream = this.trace.runs[run.cause.run]!;
      const ended = this.trace.entries.find((entry) => entry.kind === "run-ended" && entry.run === upstream.id);
      const conclusion = ended?.kind === "run-ended" ? ended.conclusion : undefined;
      const isFromFork = upstream.event === "pull_request" && root?.kind === "pull-request" && root.outsider;
      const requested = start.cause.types.includes("requested");
      return {
        upstream: {
          pipeline: upstream.pipeline,
          conclusion: requested ? undefined : conclusion,
          event: upstream.event,
          branch: upstream.event === "pull_request" ? "topic" : upstream.ref,
          outsider: isFromFork,
        },
      };
    }
    if (run.event === "push") return run.ref === "v1" ? { tag: run.ref } : { branch: run.ref };
    if (run.event === "pull_request" && root?.kind === "pull-request") {
      return { branch: root.base, action: root.action, outsider: root.outsider };
    }
    return run.event === "workflow_dispatch" ? { branch: run.ref } : {};
  }

  /** It was asked to end as a whole, or a workflow that it calls was: facts do not speak of that. */
  wasCancelled(run: TraceRun): boolean {
    return (
      this.trace.scenario.events.some((event) => event.kind === "cancel" && event.of.pipeline === run.pipeline) ||
      this.trace.entries.some((entry) => entry.kind === "run-cancelled" && entry.run === run.id)
    );
  }

  /** Somebody, or a newer run, stopped it or one of its jobs. */
  wasStopped(run: TraceRun): boolean {
    return (
      this.trace.entries.some((entry) => "run" in entry && entry.run === run.id && stops.has(entry.kind)) ||
      this.trace.entries.some(
        (entry) =>
          (entry.kind === "run-ended" || entry.kind === "job-ended") &&
          entry.run === run.id &&
          entry.conclusion === "cancelled",
      )
    );
  }
}

const stops = new Set<TraceEntry["kind"]>(["dropped", "run-cancelled"]);

/** Runs again: what they know is that of the first attempt, which the trace does not repeat. */
function isAgain(run: TraceRun, { events }: { readonly events: readonly RootEvent[] }): boolean {
  return events.some((event) => event.kind === "rerun" && event.id === run.root);
}

function holds(check: (both: Both) => string[]): void {
  fc.assert(
    fc.property(cases({ workflows: 3, jobs: 4, events: 2 }), fc.nat({ max: 1000 }), (given, seed) => {
      assert.deepEqual(check(new Both(given, seed)), [], describe(given));
    }),
    tries(300),
  );
}

test("a job that is ordered before another has ended before the other starts", () => {
  let compared = 0;
  holds((both) => {
    const wrong: string[] = [];
    for (const run of both.trace.runs) {
      const { jobs } = both.pipelineOf(run);
      for (const a of jobs) {
        for (const b of jobs) {
          if (a === b || !both.analysis.before(a, b)) continue;
          const [first] = both.entriesOf("job-started", run, b);
          const last = both.entriesOf("job-ended", run, a).at(-1);
          const ran = both.entriesOf("job-started", run, a).length > 0;
          if (!first || !ran) continue;
          compared++;
          if (!last || last.at > first.at) wrong.push(`${a.id} -> ${b.id} in run ${run.id}`);
        }
      }
    }
    return wrong;
  });
  if (isFull) assert.ok(compared > 300);
});

test("a job that cannot run under what happened does not, and one that must does", () => {
  const said = { no: 0, yes: 0 };
  holds((both) => {
    const wrong: string[] = [];
    for (const run of both.trace.runs) {
      const under = isAgain(run, both.trace.scenario) ? undefined : both.circumstancesOf(run);
      if (!under || both.wasCancelled(run)) continue;
      const isStopped = both.wasStopped(run);
      for (const job of both.pipelineOf(run).jobs) {
        const runs = job.runs(under);
        const started = both.entriesOf("job-started", run, job).length > 0;
        const refused = both.entriesOf("job-ended", run, job).some(({ conclusion }) => conclusion === "failure");
        if (runs === "no") said.no++;
        if (runs === "no" && started) wrong.push(`${job.id} starts in run ${run.id}, though it cannot`);
        if (runs !== "yes" || isStopped) continue;
        said.yes++;
        if (!started && !refused) wrong.push(`${job.id} does not start in run ${run.id}, though it must`);
      }
    }
    return wrong;
  });
  if (isFull) assert.ok(said.no > 150 && said.yes > 300, JSON.stringify(said));
});

test("jobs of different runs that share a lock for certain never run at one time", () => {
  let compared = 0;
  holds((both) => {
    const wrong: string[] = [];
    const spans = both.trace.runs.flatMap((run) => {
      const under = isAgain(run, both.trace.scenario) ? undefined : both.circumstancesOf(run);
      if (!under) return [];
      return both.pipelineOf(run).jobs.flatMap((job) =>
        both.entriesOf("job-started", run, job).map((start) => ({
          ...{ run, job, under, from: start.at },
          to: both.entriesOf("job-ended", run, job).find(({ leg }) => leg === start.leg)!.at,
        })),
      );
    });
    for (const [i, x] of spans.entries()) {
      for (const y of spans.slice(i + 1)) {
        if (x.run === y.run || x.to < y.from || y.to < x.from) continue;
        compared++;
        if (sharedLock(both.analysis, x, y) === "yes")
          wrong.push(`${x.job.id} in run ${x.run.id} and ${y.job.id} in ${y.run.id}`);
      }
    }
    return wrong;
  });
  if (isFull) assert.ok(compared > 300);
});

test("a step that cannot run under what happened does not", () => {
  let said = 0;
  holds((both) => {
    const wrong: string[] = [];
    for (const run of both.trace.runs) {
      const under = isAgain(run, both.trace.scenario) ? undefined : both.circumstancesOf(run);
      if (!under || both.wasStopped(run)) continue;
      for (const job of both.pipelineOf(run).jobs) {
        // Facts speak of steps in jobs whose earlier steps went well.
        const steps = both.entriesOf("step", run, job);
        if (steps.some(({ outcome }) => outcome === "failure")) continue;
        for (const step of job.steps) {
          if (step.runs(under) !== "no") continue;
          said++;
          if (steps.some((entry) => entry.step === step.index))
            wrong.push(`${job.id} step ${step.index} in run ${run.id}`);
        }
      }
    }
    return wrong;
  });
  if (isFull) assert.ok(said > 30);
});

test("a run that a completion starts comes about in one of the ways that the order knows", () => {
  let compared = 0;
  holds((both) => {
    const wrong: string[] = [];
    for (const run of both.trace.runs) {
      if (run.cause.kind !== "run" || run.event !== "workflow_run") continue;
      const upstream = both.trace.runs[run.cause.run]!;
      const isListed = both
        .pipelineOf(run)
        .starts.some(
          ({ cause }) =>
            cause.kind === "completion" && cause.upstream.some(({ pipeline }) => pipeline === upstream.pipeline),
        );
      compared++;
      if (!isListed) wrong.push(`run ${run.id} of ${run.pipeline} after ${upstream.pipeline}`);
    }
    return wrong;
  });
  if (isFull) assert.ok(compared > 30);
});
