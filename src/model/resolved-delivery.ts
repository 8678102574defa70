/**
 * A delivery with its names resolved to objects and everything in an order that its edges allow. Whoever asks who makes
 * what, who takes it and what comes first asks here.
 */

import { inOrder } from "../order/topological.ts";
import type { Delivery, Environment, Job, OutputType, Pipeline } from "./delivery.ts";
import { outputsRead, promisedOutputs } from "./job-values.ts";
import { matrixLegs } from "./matrix-legs.ts";

export interface ResolvedDelivery {
  /** Each after those it needs. */
  pipelines: ResolvedPipeline[];
  /** Those that were asked for, each after those it comes after. */
  environments: ResolvedEnvironment[];
}

export interface ResolvedEnvironment {
  name: string;
  environment: Environment;
  /** Environments asked for that come right before it; the ones in between that are not asked for are passed over. */
  after: ResolvedEnvironment[];
}

export interface ResolvedPipeline {
  name: string;
  pipeline: Pipeline;
  needs: ResolvedPipeline[];
  consumers: ResolvedPipeline[];
  releaseJobs: ResolvedJob[];
  /** But those that undo. */
  environmentJobs: ResolvedJob[];
  /** What runs before a rollback, and at no other time. */
  undoJobs: ResolvedJob[];
  /** What jobs of other pipelines take from this one. */
  handsOver: HandOff[];
}

export interface ResolvedJob {
  owner: ResolvedPipeline;
  name: string;
  job: Job;
  needs: ResolvedJob[];
  /** What it takes from other jobs, of its own pipeline too. */
  takes: HandOff[];
  /** Of those, the ones from other pipelines. */
  reads: HandOff[];
  /** What it has to publish. */
  outputs: Record<string, OutputType>;
  /** `undefined` stands for the one leg of a job without a matrix. Empty: its matrix has no combination. */
  legs: (Record<string, string> | undefined)[];
}

/** An output or artifact, and the job it comes from. */
export interface HandOff {
  kind: "output" | "artifact";
  name: string;
  source: ResolvedJob;
}

/**
 * With all environments unless some are named. The delivery must have passed validation: a name that does not exist or a
 * cycle throws here.
 */
export function resolveDelivery(delivery: Delivery, environments?: readonly string[]): ResolvedDelivery {
  const pipelines = new Map<string, ResolvedPipeline>();
  for (const pipeline of inOrder(delivery.pipelines, ({ needs }) => needs)) {
    const resolved = resolvePipeline(pipeline);
    resolved.needs = [...new Set(pipeline.needs)].map((name) => known(pipelines, name, "pipeline"));
    for (const need of resolved.needs) need.consumers.push(resolved);
    pipelines.set(pipeline.name, resolved);
  }
  for (const pipeline of pipelines.values()) resolveReads(pipeline, pipelines);
  return { pipelines: [...pipelines.values()], environments: resolveEnvironments(delivery, environments) };
}

/** What jobs in environments, of whatever pipeline, take from each per-release job. */
export function handedToEnvironments({ pipelines }: ResolvedDelivery): ReadonlyMap<ResolvedJob, HandOff[]> {
  const handed = new Map<ResolvedJob, HandOff[]>();
  for (const { takes } of pipelines.flatMap(({ environmentJobs }) => environmentJobs)) {
    for (const handOff of takes) {
      if (handOff.source.job.per !== "release") continue;
      const known = handed.get(handOff.source) ?? [];
      if (!known.some(({ kind, name }) => kind === handOff.kind && name === handOff.name)) known.push(handOff);
      handed.set(handOff.source, known);
    }
  }
  return handed;
}

function resolvePipeline(pipeline: Pipeline): ResolvedPipeline {
  const { name } = pipeline;
  const owner: ResolvedPipeline = {
    name,
    pipeline,
    needs: [],
    consumers: [],
    releaseJobs: [],
    environmentJobs: [],
    undoJobs: [],
    handsOver: [],
  };
  const jobs = new Map<string, ResolvedJob>();
  const written = Object.entries(pipeline.jobs).map(([name, job]) => ({ name, job }));
  for (const { name, job } of inOrder(written, ({ job }) => job.needs)) {
    const resolved: ResolvedJob = {
      owner,
      name,
      job,
      needs: [...new Set(job.needs)].map((need) => known(jobs, need, `job of ${pipeline.name}`)),
      takes: [],
      reads: [],
      outputs: promisedOutputs(pipeline, name),
      legs: job.matrix === undefined ? [undefined] : matrixLegs(job.matrix),
    };
    jobs.set(name, resolved);
    if (job.undo) owner.undoJobs.push(resolved);
    else (job.per === "release" ? owner.releaseJobs : owner.environmentJobs).push(resolved);
  }
  return owner;
}

function resolveReads(owner: ResolvedPipeline, pipelines: ReadonlyMap<string, ResolvedPipeline>): void {
  for (const reader of [...owner.releaseJobs, ...owner.environmentJobs]) {
    const { job } = reader;
    const artifacts = new Set(job.uses.map(({ artifact }) => artifact));
    const taken = [
      ...outputsRead(owner.pipeline, job).map((reference) => handOff("output", reference, pipelines)),
      ...Array.from(artifacts, (reference) => handOff("artifact", reference, pipelines)),
    ];
    // What the variables of a pipeline offer to all its jobs has no meaning in the one that makes it; nor have values
    // that exist once for each environment in a per-release job.
    reader.takes = taken.filter(
      ({ source }) => source !== reader && !(job.per === "release" && source.job.per === "environment"),
    );
    // Within a pipeline the jobs' needs say it all.
    reader.reads = reader.takes.filter(({ source }) => source.owner !== owner);
    for (const read of reader.reads) {
      const { handsOver } = read.source.owner;
      if (!handsOver.some(({ kind, name }) => kind === read.kind && name === read.name)) handsOver.push(read);
    }
  }
}

function handOff(kind: HandOff["kind"], reference: string, pipelines: ReadonlyMap<string, ResolvedPipeline>): HandOff {
  const dot = reference.indexOf(".");
  const owner = known(pipelines, reference.slice(0, dot), "pipeline");
  const name = reference.slice(dot + 1);
  const source = [...owner.releaseJobs, ...owner.environmentJobs].find(({ job, outputs }) =>
    Object.hasOwn(kind === "output" ? outputs : job.artifacts, name),
  );
  if (source === undefined) throw unknownName(`${kind} of ${owner.name}`, name);
  return { kind, name, source };
}

function resolveEnvironments(delivery: Delivery, asked?: readonly string[]): ResolvedEnvironment[] {
  const all = new Map(delivery.environments.map((environment) => [environment.name, environment]));
  for (const name of asked ?? []) known(all, name, "environment");
  const resolved = new Map<string, ResolvedEnvironment>();
  const before = new Map<string, ResolvedEnvironment[]>();
  for (const environment of inOrder(delivery.environments, ({ after }) => after)) {
    const { name } = environment;
    for (const earlier of environment.after) known(all, earlier, "environment");
    const after = [...new Set(environment.after.flatMap((one) => resolved.get(one) ?? before.get(one) ?? []))];
    before.set(name, after);
    if (asked?.includes(name) ?? true) resolved.set(name, { name, environment, after });
  }
  if (asked === undefined) return [...resolved.values()];
  // The order that was asked for, as far as `after` allows.
  const wanted = [...new Set(asked)].map((name) => resolved.get(name)!);
  return inOrder(wanted, ({ after }) => after.map(({ name }) => name));
}

function known<T>(map: ReadonlyMap<string, T>, name: string, kind: string): T {
  const found = map.get(name);
  if (found === undefined) throw unknownName(kind, name);
  return found;
}

function unknownName(kind: string, name: string): Error {
  return new Error(`there is no ${kind} named ${name}: validate the delivery and the request before planning`);
}
