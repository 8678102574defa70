import type { ResolvedJob, ResolvedPipeline } from "../model/resolved-delivery.ts";
import {
  type DecidedPipeline,
  type Decisions,
  type PlacedPipeline,
  supplyOf,
  type Verdict,
  verdictOf,
} from "./decisions.ts";
import { endOf, jobInstanceId, legsOf, startOf } from "./job-id.ts";
import { JoinBook, noWait, orderOnly, together, type Wait, waitFor } from "./joins.ts";
import { inputsOf } from "./made.ts";
import type { Join, PlannedJob } from "./plan.ts";
import type { PlanContext, Target } from "./plan-context.ts";

/**
 * Job instances and what each waits for. Four orders meet here: needs between jobs; needs between pipelines (a consumer's
 * jobs in an environment wait for the end of the producer there); what per-release jobs hand to per-release jobs; and
 * environments that come after others as a whole. What does not run is passed over: whoever waits for it waits for what it would
 * have waited for.
 */
export function assemble(context: PlanContext, decisions: Decisions): { jobs: PlannedJob[]; joins: Join[] } {
  return new Assembly(context, decisions).build();
}

/** The end of a job: what to wait for, and what the success of it rests on. */
type Ends = Map<ResolvedJob, Wait>;

class Assembly {
  readonly #context: PlanContext;
  readonly #decisions: Decisions;
  readonly #book = new JoinBook();
  readonly #jobs: PlannedJob[] = [];
  readonly #releaseEnds: Ends = new Map();
  readonly #pipelineReleaseEnd = new Map<ResolvedPipeline, Wait>();

  constructor(context: PlanContext, decisions: Decisions) {
    this.#context = context;
    this.#decisions = decisions;
  }

  build(): { jobs: PlannedJob[]; joins: Join[] } {
    for (const decided of this.#decisions.values()) this.#addRelease(decided);
    const targetEnds = new Map<string, Wait>();
    for (const target of this.#context.targets) {
      if (target.environment === undefined) continue;
      const before = target.environment.after.map(({ environment }) => targetEnds.get(environment.name)!);
      targetEnds.set(target.environment.name, this.#addTarget(target, before));
    }
    return { jobs: this.#jobs, joins: this.#book.used(this.#jobs) };
  }

  #addRelease({ resolved, release }: DecidedPipeline): void {
    for (const job of resolved.releaseJobs) {
      const reads = this.#readWaits(job, undefined);
      this.#addJob({ job, target: undefined, ends: this.#releaseEnds, entry: reads });
    }
    const running = resolved.releaseJobs.filter((job) => release.jobs.get(job)!.decision === "run");
    const ends = sinksOf(running).map((job) => this.#releaseEnds.get(job)!);
    this.#pipelineReleaseEnd.set(resolved, this.#book.meet(endOf({ pipeline: resolved.name }), ends));
  }

  /** Returns the end of the environment. */
  #addTarget(target: Target, before: readonly Wait[]): Wait {
    const ends = new Map<ResolvedPipeline, Wait>();
    /** Pipelines that are over when one of their consumers is. */
    const covered = new Set<ResolvedPipeline>();
    const runs: ResolvedPipeline[] = [];
    for (const { resolved, placed } of this.#decisions.values()) {
      const here = placed[target.index]!;
      const needs = resolved.needs.map((need) => ends.get(need)!);
      ends.set(resolved, this.#addPipeline({ here, needs, before }));
      if (here.verdict.decision !== "run") continue;
      runs.push(resolved);
      const hasJobs = [...here.jobs.values()].some(({ decision }) => decision === "run");
      if (hasJobs) for (const need of resolved.needs) covered.add(need);
    }
    const last = runs.filter((resolved) => !covered.has(resolved)).map((resolved) => ends.get(resolved)!);
    return this.#book.meet(endOf({ environment: target.name }), runs.length === 0 ? before : last);
  }

  /** Returns the end of the pipeline in that target. */
  #addPipeline(options: { here: PlacedPipeline; needs: readonly Wait[]; before: readonly Wait[] }): Wait {
    const { here, needs, before } = options;
    const { resolved, target, verdict } = here;
    const { name } = resolved.pipeline;
    const runs = verdict.decision === "run";
    const entry = runs ? this.#book.meet(startOf(name, target.name!), [...needs, ...before]) : noWait;
    const ends: Ends = new Map();
    const running = resolved.environmentJobs.filter((job) => here.jobs.get(job)!.decision === "run");
    for (const job of resolved.environmentJobs) {
      const isCovered = job.needs.some((need) => here.jobs.get(need)?.decision === "run" && isGate(need));
      const waits = job.job.runsAfter === "success" && isCovered ? [] : [entry];
      this.#addJob({ job, target, ends, entry: [...waits, ...this.#readWaits(job, target)] });
    }
    const end = endOf({ pipeline: name, environment: target.name });
    if (!runs) return this.#book.meet(end, needs);
    const coveredRelease = new Set(running.flatMap((job) => job.needs));
    const releaseSinks = sinksOf(
      resolved.releaseJobs.filter((job) => verdictOf(this.#decisions, job, target).decision === "run"),
    );
    const release = releaseSinks.every((job) => coveredRelease.has(job))
      ? []
      : [this.#pipelineReleaseEnd.get(resolved)!];
    const sinks = sinksOf(running).map((job) => ends.get(job)!);
    return this.#book.meet(end, [...release, ...sinks, ...(running.length === 0 ? [entry] : [])]);
  }

  #addJob(options: { job: ResolvedJob; target: Target | undefined; ends: Ends; entry: readonly Wait[] }): void {
    const { job, target, ends, entry } = options;
    const verdict = verdictOf(this.#decisions, job, target);
    const needs = job.needs.map((need) => (need.job.per === "release" ? this.#releaseEnds : ends).get(need)!);
    const name = { pipeline: job.owner.name, job: job.name, environment: target?.name };
    const runs = verdict.decision === "run";
    const own = job.job.runsAfter === "success" ? needs : needs.map(orderOnly);
    const wait = runs ? together([...own, ...entry]) : noWait;
    const legs = job.legs.length === 0 ? [undefined] : job.legs;
    const ids = legs.map((matrix) => jobInstanceId({ ...name, matrix }));
    const inputs = job.job.per === "release" ? inputsOf(job, this.#context.request) : {};
    legs.forEach((matrix, i) => {
      this.#jobs.push(plannedJob({ id: ids[i]!, job, target, matrix, verdict, wait, inputs }));
    });
    // Past a job that does not run go the orders it would have carried on; what it would have read, nobody waits for.
    const parts = runs ? endParts({ job, ids, wait, needs }) : needs;
    ends.set(job, this.#book.meet(endOf(name), parts));
  }

  /** For what the pipeline's own start does not already wait for. */
  #readWaits(job: ResolvedJob, target: Target | undefined): Wait[] {
    return job.reads.flatMap((handOff) => {
      const supply = supplyOf({ decisions: this.#decisions, handOff, target });
      if (supply.from !== "job") return [];
      const source = supply.job;
      const isGated = isGate(source);
      if (target !== undefined && isGated && job.owner.needs.includes(source.owner)) return [];
      const { pipeline } = source.owner;
      const environment = source.job.per === "release" ? undefined : target?.name;
      // Without what it reads it cannot start, even where the source's failure gates nothing else.
      const ids = source.legs.map((matrix) =>
        jobInstanceId({ pipeline: pipeline.name, job: source.name, environment, matrix }),
      );
      return [this.#book.meet(legsOf({ pipeline: pipeline.name, job: source.name, environment }), [waitFor(ids)])];
    });
  }
}

/** Whoever needs this job needs its success. */
function isGate({ job }: ResolvedJob): boolean {
  return job.runsAfter === "success" && !job.continueOnFailure;
}

/**
 * Past a job that gates less than its own success, the gates before it still hold: as on GitHub, what comes after a report
 * that always runs does not run when what was reported on has failed.
 */
function endParts(options: { job: ResolvedJob; ids: string[]; wait: Wait; needs: readonly Wait[] }): Wait[] {
  const { job, ids, wait, needs } = options;
  const legs = waitFor(ids);
  if (isGate(job)) return [legs];
  const own = job.job.continueOnFailure || job.job.runsAfter === "failure" ? orderOnly(legs) : legs;
  const gates = [wait, ...needs].map(({ requires }) => waitFor(requires));
  return [own, ...gates];
}

/** Jobs that no other of the same list needs. */
function sinksOf(jobs: readonly ResolvedJob[]): ResolvedJob[] {
  const needed = new Set(jobs.flatMap(({ needs }) => needs));
  return jobs.filter((job) => !needed.has(job));
}

function plannedJob(options: {
  id: string;
  job: ResolvedJob;
  target: Target | undefined;
  matrix: Record<string, string> | undefined;
  verdict: Verdict;
  wait: Wait;
  inputs: Record<string, string>;
}): PlannedJob {
  const { id, job, target, matrix, verdict, wait, inputs } = options;
  return {
    id,
    pipeline: job.owner.name,
    job: job.name,
    ...(target?.name === undefined ? {} : { environment: target.name }),
    ...(matrix === undefined ? {} : { matrix }),
    decision: verdict.decision,
    reason: verdict.reason,
    ...(job.job.per === "release" && verdict.decision === "reuse" && verdict.reused !== undefined
      ? { reused: verdict.reused }
      : {}),
    ...(Object.keys(inputs).length === 0 ? {} : { inputs }),
    after: [...wait.after],
    requires: [...wait.requires],
  };
}
