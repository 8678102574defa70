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
import type { JobOutline, PipelineOutline } from "./outline.ts";
import type { Join, PlannedJob } from "./plan.ts";
import type { Place, Situation } from "./situation.ts";

/**
 * Job instances and what each waits for. Four orders meet here: needs between jobs; needs between pipelines (a consumer's
 * jobs in an environment wait for the end of the producer there); what per-release jobs hand to per-release jobs; and
 * environments that come after others as a whole. What does not run is passed over: whoever waits for it waits for what it would
 * have waited for.
 */
export function assemble(situation: Situation, decisions: Decisions): { jobs: PlannedJob[]; joins: Join[] } {
  return new Assembly(situation, decisions).build();
}

/** The end of a job: what to wait for, and what the success of it rests on. */
type Ends = Map<JobOutline, Wait>;

class Assembly {
  readonly #situation: Situation;
  readonly #decisions: Decisions;
  readonly #book = new JoinBook();
  readonly #jobs: PlannedJob[] = [];
  readonly #releaseEnds: Ends = new Map();
  readonly #pipelineReleaseEnd = new Map<PipelineOutline, Wait>();

  constructor(situation: Situation, decisions: Decisions) {
    this.#situation = situation;
    this.#decisions = decisions;
  }

  build(): { jobs: PlannedJob[]; joins: Join[] } {
    for (const decided of this.#decisions.values()) this.#addRelease(decided);
    const placeEnds = new Map<string, Wait>();
    for (const place of this.#situation.places) {
      if (place.environment === undefined) continue;
      const before = place.environment.after.map(({ environment }) => placeEnds.get(environment.name)!);
      placeEnds.set(place.environment.environment.name, this.#addPlace(place, before));
    }
    return { jobs: this.#jobs, joins: this.#book.used(this.#jobs) };
  }

  #addRelease({ outline, release }: DecidedPipeline): void {
    for (const job of outline.releaseJobs) {
      const reads = this.#readWaits(job, undefined);
      this.#addJob({ job, place: undefined, ends: this.#releaseEnds, entry: reads });
    }
    const running = outline.releaseJobs.filter((job) => release.jobs.get(job)!.decision === "run");
    const ends = sinksOf(running).map((job) => this.#releaseEnds.get(job)!);
    this.#pipelineReleaseEnd.set(outline, this.#book.meet(endOf({ pipeline: outline.pipeline.name }), ends));
  }

  /** Returns the end of the environment. */
  #addPlace(place: Place, before: readonly Wait[]): Wait {
    const ends = new Map<PipelineOutline, Wait>();
    /** Pipelines that are over when one of their consumers is. */
    const covered = new Set<PipelineOutline>();
    const runs: PipelineOutline[] = [];
    for (const { outline, placed } of this.#decisions.values()) {
      const here = placed[place.index]!;
      const needs = outline.needs.map((need) => ends.get(need)!);
      ends.set(outline, this.#addPipeline({ here, needs, before }));
      if (here.verdict.decision !== "run") continue;
      runs.push(outline);
      const hasJobs = [...here.jobs.values()].some(({ decision }) => decision === "run");
      if (hasJobs) for (const need of outline.needs) covered.add(need);
    }
    const last = runs.filter((outline) => !covered.has(outline)).map((outline) => ends.get(outline)!);
    return this.#book.meet(endOf({ environment: place.name }), runs.length === 0 ? before : last);
  }

  /** Returns the end of the pipeline in that place. */
  #addPipeline(options: { here: PlacedPipeline; needs: readonly Wait[]; before: readonly Wait[] }): Wait {
    const { here, needs, before } = options;
    const { outline, place, verdict } = here;
    const { name } = outline.pipeline;
    const runs = verdict.decision === "run";
    const entry = runs ? this.#book.meet(startOf(name, place.name!), [...needs, ...before]) : noWait;
    const ends: Ends = new Map();
    const running = outline.environmentJobs.filter((job) => here.jobs.get(job)!.decision === "run");
    for (const job of outline.environmentJobs) {
      const isCovered = job.needs.some((need) => here.jobs.get(need)?.decision === "run" && isGate(need));
      const waits = job.job.runsAfter === "success" && isCovered ? [] : [entry];
      this.#addJob({ job, place, ends, entry: [...waits, ...this.#readWaits(job, place)] });
    }
    const end = endOf({ pipeline: name, environment: place.name });
    if (!runs) return this.#book.meet(end, needs);
    const coveredRelease = new Set(running.flatMap((job) => job.needs));
    const releaseSinks = sinksOf(
      outline.releaseJobs.filter((job) => verdictOf(this.#decisions, job, place).decision === "run"),
    );
    const release = releaseSinks.every((job) => coveredRelease.has(job))
      ? []
      : [this.#pipelineReleaseEnd.get(outline)!];
    const sinks = sinksOf(running).map((job) => ends.get(job)!);
    return this.#book.meet(end, [...release, ...sinks, ...(running.length === 0 ? [entry] : [])]);
  }

  #addJob(options: { job: JobOutline; place: Place | undefined; ends: Ends; entry: readonly Wait[] }): void {
    const { job, place, ends, entry } = options;
    const verdict = verdictOf(this.#decisions, job, place);
    const needs = job.needs.map((need) => (need.job.per === "release" ? this.#releaseEnds : ends).get(need)!);
    const name = { pipeline: job.owner.pipeline.name, job: job.name, environment: place?.name };
    const runs = verdict.decision === "run";
    const own = job.job.runsAfter === "success" ? needs : needs.map(orderOnly);
    const wait = runs ? together([...own, ...entry]) : noWait;
    const legs = job.legs.length === 0 ? [undefined] : job.legs;
    const ids = legs.map((matrix) => jobInstanceId({ ...name, matrix }));
    const inputs = job.job.per === "release" ? inputsOf(job, this.#situation.request) : {};
    legs.forEach((matrix, i) => {
      this.#jobs.push(plannedJob({ id: ids[i]!, job, place, matrix, verdict, wait, inputs }));
    });
    // Past a job that does not run go the orders it would have carried on; what it would have read, nobody waits for.
    const parts = runs ? endParts({ job, ids, wait, needs }) : needs;
    ends.set(job, this.#book.meet(endOf(name), parts));
  }

  /** For what the pipeline's own start does not already wait for. */
  #readWaits(job: JobOutline, place: Place | undefined): Wait[] {
    return job.reads.flatMap((handOff) => {
      const supply = supplyOf({ decisions: this.#decisions, handOff, place });
      if (supply.from !== "job") return [];
      const source = supply.job;
      const isGated = isGate(source);
      if (place !== undefined && isGated && job.owner.needs.includes(source.owner)) return [];
      const { pipeline } = source.owner;
      const environment = source.job.per === "release" ? undefined : place?.name;
      // Without what it reads it cannot start, even where the source's failure gates nothing else.
      const ids = source.legs.map((matrix) =>
        jobInstanceId({ pipeline: pipeline.name, job: source.name, environment, matrix }),
      );
      return [this.#book.meet(legsOf({ pipeline: pipeline.name, job: source.name, environment }), [waitFor(ids)])];
    });
  }
}

/** Whoever needs this job needs its success. */
function isGate({ job }: JobOutline): boolean {
  return job.runsAfter === "success" && !job.continueOnFailure;
}

/**
 * Past a job that gates less than its own success, the gates before it still hold: as on GitHub, what comes after a report
 * that always runs does not run when what was reported on has failed.
 */
function endParts(options: { job: JobOutline; ids: string[]; wait: Wait; needs: readonly Wait[] }): Wait[] {
  const { job, ids, wait, needs } = options;
  const legs = waitFor(ids);
  if (isGate(job)) return [legs];
  const own = job.job.continueOnFailure || job.job.runsAfter === "failure" ? orderOnly(legs) : legs;
  const gates = [wait, ...needs].map(({ requires }) => waitFor(requires));
  return [own, ...gates];
}

/** Jobs that no other of the same list needs. */
function sinksOf(jobs: readonly JobOutline[]): JobOutline[] {
  const needed = new Set(jobs.flatMap(({ needs }) => needs));
  return jobs.filter((job) => !needed.has(job));
}

function plannedJob(options: {
  id: string;
  job: JobOutline;
  place: Place | undefined;
  matrix: Record<string, string> | undefined;
  verdict: Verdict;
  wait: Wait;
  inputs: Record<string, string>;
}): PlannedJob {
  const { id, job, place, matrix, verdict, wait, inputs } = options;
  return {
    id,
    pipeline: job.owner.pipeline.name,
    job: job.name,
    ...(place?.name === undefined ? {} : { environment: place.name }),
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
