import type { Delivery, Environment, Job, Pipeline } from "../delivery.ts";
import type { DefinitionPath, Refusal } from "../refusal.ts";
import type { PlacedArtifact, PlacedJob, PlacedOutput } from "./placed.ts";
import { collectReferences, type Reference } from "./references.ts";

/** One rule: what it refuses, in the order of the definition. */
export type Rule = (subject: Subject) => Iterable<Refusal>;

/** A delivery, indexed once for all rules. Where a name stands twice the first one counts. */
export interface Subject {
  readonly delivery: Delivery;
  readonly environments: ReadonlyMap<string, Environment>;
  readonly pipelines: ReadonlyMap<string, Pipeline>;
  readonly jobs: readonly PlacedJob[];
  /** By `pipeline.output`. */
  readonly outputs: ReadonlyMap<string, PlacedOutput>;
  /** By `pipeline.artifact`, with the job that makes it. */
  readonly artifacts: ReadonlyMap<string, PlacedArtifact>;
  readonly references: readonly Reference[];
  /** Jobs of the same pipeline that have ended before this one starts. */
  jobsBefore(placed: PlacedJob): ReadonlySet<string>;
}

export function examine(delivery: Delivery): Subject {
  const pipelines = new Map<string, Pipeline>();
  const jobs: PlacedJob[] = [];
  const outputs = new Map<string, PlacedOutput>();
  const artifacts = new Map<string, PlacedArtifact>();
  for (const pipeline of delivery.pipelines) {
    if (pipelines.has(pipeline.name)) continue;
    pipelines.set(pipeline.name, pipeline);
    const at = ["pipelines", pipeline.name];
    for (const [name, output] of Object.entries(pipeline.outputs)) {
      outputs.set(`${pipeline.name}.${name}`, { pipeline, name, output, path: [...at, "outputs", name] });
    }
    for (const [name, job] of Object.entries(pipeline.jobs)) {
      const placed = { pipeline, name, job, path: [...at, "jobs", name] };
      jobs.push(placed);
      for (const artifact of Object.keys(job.artifacts)) {
        const key = `${pipeline.name}.${artifact}`;
        const path = [...placed.path, "artifacts", artifact];
        if (!artifacts.has(key)) artifacts.set(key, { madeBy: placed, name: artifact, path });
      }
    }
  }
  const environments = new Map<string, Environment>();
  for (const environment of delivery.environments) {
    if (!environments.has(environment.name)) environments.set(environment.name, environment);
  }
  return {
    delivery,
    environments,
    pipelines,
    jobs,
    outputs,
    artifacts,
    references: jobs.flatMap(collectReferences),
    jobsBefore: rememberJobsBefore(),
  };
}

/** References come job by job, so the last answer is the one that is asked for again. */
function rememberJobsBefore(): Subject["jobsBefore"] {
  let last: { job: Job; before: ReadonlySet<string> } | undefined;
  return ({ pipeline, job }) => {
    if (last?.job === job) return last.before;
    const before = new Set<string>();
    const open = [...job.needs];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (before.has(name) || !Object.hasOwn(pipeline.jobs, name)) continue;
      before.add(name);
      open.push(...pipeline.jobs[name]!.needs);
    }
    last = { job, before };
    return before;
  };
}

/** Builds a refusal; `related` may be left out. */
export function refusal(
  code: string,
  path: DefinitionPath,
  words: { message: string; help: string; related?: Refusal["related"] },
): Refusal {
  return { code, path, message: words.message, related: words.related ?? [], help: words.help };
}
