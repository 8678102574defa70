import type { Delivery, Environment, Job, Pipeline, Value } from "../model/delivery.ts";
import { findCycles } from "../order/cycles.ts";
import { buildKeyedGraph, keysOf } from "../order/keyed-graph.ts";
import { topologicalOrder } from "../order/topological.ts";
import { matrixLegs } from "./matrix.ts";

/** A delivery with its names resolved to objects and everything in an order that its edges allow. */
export interface Outline {
  pipelines: PipelineOutline[];
  /** Those of the request. */
  environments: EnvironmentOutline[];
}

export interface EnvironmentOutline {
  environment: Environment;
  /** Environments of the request that come right before it; the ones in between that are not in the request are passed over. */
  after: EnvironmentOutline[];
}

export interface PipelineOutline {
  pipeline: Pipeline;
  needs: PipelineOutline[];
  consumers: PipelineOutline[];
  releaseJobs: JobOutline[];
  environmentJobs: JobOutline[];
  /** What jobs of other pipelines take from this one. */
  handsOver: HandOff[];
}

export interface JobOutline {
  owner: PipelineOutline;
  name: string;
  job: Job;
  needs: JobOutline[];
  /** From other pipelines. */
  reads: HandOff[];
  /** `undefined` stands for the one leg of a job without a matrix. Empty: its matrix has no combination. */
  legs: (Record<string, string> | undefined)[];
}

/** An output or artifact, and the job it comes from. */
export interface HandOff {
  kind: "output" | "artifact";
  name: string;
  source: JobOutline;
}

/** The delivery must have passed validation: a name that does not exist or a cycle throws here. */
export function outlineOf(delivery: Delivery, environments: readonly string[]): Outline {
  const outlines = new Map<string, PipelineOutline>();
  for (const pipeline of delivery.pipelines) outlines.set(pipeline.name, outlineOfPipeline(pipeline));
  for (const outline of outlines.values()) {
    outline.needs = [...new Set(outline.pipeline.needs)].map((name) => known(outlines, name, "pipeline"));
    for (const need of outline.needs) need.consumers.push(outline);
  }
  const pipelines = inOrder(
    [...outlines.values()],
    ({ needs }) => needs,
    ({ pipeline }) => pipeline.name,
  );
  for (const outline of pipelines) resolveReads(outline, outlines);
  return { pipelines, environments: outlineOfEnvironments(delivery, environments) };
}

function outlineOfPipeline(pipeline: Pipeline): PipelineOutline {
  const outline: PipelineOutline = {
    pipeline,
    needs: [],
    consumers: [],
    releaseJobs: [],
    environmentJobs: [],
    handsOver: [],
  };
  const jobs = new Map<string, JobOutline>();
  for (const [name, job] of Object.entries(pipeline.jobs)) {
    const legs = job.matrix === undefined ? [undefined] : matrixLegs(job.matrix);
    jobs.set(name, { owner: outline, name, job, needs: [], reads: [], legs });
  }
  for (const job of jobs.values()) {
    job.needs = [...new Set(job.job.needs)].map((name) => known(jobs, name, `job of ${pipeline.name}`));
  }
  const ordered = inOrder(
    [...jobs.values()],
    ({ needs }) => needs,
    ({ name }) => `${pipeline.name}.${name}`,
  );
  outline.releaseJobs = ordered.filter(({ job }) => job.per === "release");
  outline.environmentJobs = ordered.filter(({ job }) => job.per === "environment");
  return outline;
}

function resolveReads(outline: PipelineOutline, outlines: ReadonlyMap<string, PipelineOutline>): void {
  const shared = outputsIn(Object.values(outline.pipeline.env));
  for (const reader of [...outline.releaseJobs, ...outline.environmentJobs]) {
    const { job } = reader;
    const values = [
      ...Object.values(job.env),
      ...job.steps.flatMap(({ env, action }) => [...Object.values(env), ...Object.values(action?.inputs ?? {})]),
      ...(job.concurrency === undefined ? [] : [job.concurrency.group]),
    ];
    const outputs = new Set([...shared, ...outputsIn(values)]);
    const artifacts = new Set(job.uses.map(({ artifact }) => artifact));
    for (const read of [
      ...Array.from(outputs, (reference) => handOff("output", reference, outlines)),
      ...Array.from(artifacts, (reference) => handOff("artifact", reference, outlines)),
    ]) {
      const { owner } = read.source;
      // Within a pipeline the jobs' needs say it all. The variables of a pipeline offer values that exist once for each
      // environment to all its jobs; they have no meaning in a per-release one.
      if (owner === outline || (job.per === "release" && read.source.job.per === "environment")) continue;
      reader.reads.push(read);
      if (!owner.handsOver.some((other) => isSameHandOff(other, read))) owner.handsOver.push(read);
    }
  }
}

function isSameHandOff(a: HandOff, b: HandOff): boolean {
  return a.kind === b.kind && a.name === b.name;
}

function handOff(kind: HandOff["kind"], reference: string, outlines: ReadonlyMap<string, PipelineOutline>): HandOff {
  const dot = reference.indexOf(".");
  const owner = known(outlines, reference.slice(0, dot), "pipeline");
  const name = reference.slice(dot + 1);
  const jobs = [...owner.releaseJobs, ...owner.environmentJobs];
  const publisher = Object.hasOwn(owner.pipeline.outputs, name) ? owner.pipeline.outputs[name]!.job : undefined;
  const source = jobs.find((job) =>
    kind === "output" ? job.name === publisher : Object.hasOwn(job.job.artifacts, name),
  );
  if (source === undefined) throw unknownName(`${kind} of ${owner.pipeline.name}`, name);
  return { kind, name, source };
}

function outputsIn(values: readonly Value[]): string[] {
  return values.flatMap((value) => {
    if (typeof value === "string") return [];
    if (Array.isArray(value)) return outputsIn(value);
    return "output" in value ? [value.output] : [];
  });
}

function outlineOfEnvironments(delivery: Delivery, requested: readonly string[]): EnvironmentOutline[] {
  const all = new Map(delivery.environments.map((environment) => [environment.name, environment]));
  const ordered = inOrder(
    delivery.environments,
    ({ after }) => after.map((name) => known(all, name, "environment")),
    ({ name }) => name,
  );
  const outlines = new Map<string, EnvironmentOutline>();
  const before = new Map<string, EnvironmentOutline[]>();
  for (const name of requested) known(all, name, "environment");
  for (const environment of ordered) {
    const after = [...new Set(environment.after.flatMap((name) => outlines.get(name) ?? before.get(name) ?? []))];
    before.set(environment.name, after);
    if (requested.includes(environment.name)) outlines.set(environment.name, { environment, after });
  }
  // The request's own order, as far as `after` allows.
  const wanted = [...new Set(requested)].map((name) => outlines.get(name)!);
  return inOrder(
    wanted,
    ({ after }) => after,
    ({ environment }) => environment.name,
  );
}

/** Stable: what no edge moves keeps its place. */
function inOrder<T>(items: readonly T[], before: (item: T) => readonly T[], nameOf: (item: T) => string): T[] {
  const keyed = buildKeyedGraph(
    items,
    items.flatMap((item) => before(item).map((earlier) => [earlier, item] as const)),
  );
  const [cycle] = findCycles(keyed.graph);
  if (cycle !== undefined) {
    const names = keysOf(keyed, [...cycle, cycle[0]!]).map(nameOf);
    throw new Error(`${names.join(" -> ")} is a cycle: validate the delivery before planning it`);
  }
  return Array.from(topologicalOrder(keyed.graph), (index) => items[index]!);
}

function known<T>(map: ReadonlyMap<string, T>, name: string, kind: string): T {
  const found = map.get(name);
  if (found === undefined) throw unknownName(kind, name);
  return found;
}

function unknownName(kind: string, name: string): Error {
  return new Error(`there is no ${kind} named ${name}: validate the delivery and the request before planning`);
}
