/** Every job of a delivery in every place where it runs, with what must have ended before it. */

import type { Delivery, Environment, Job, Pipeline, Value } from "../../model/delivery.ts";

export interface Instance {
  readonly id: string;
  readonly pipeline: Pipeline;
  readonly name: string;
  readonly job: Job;
  /** Undefined for a job that runs once for a release. */
  readonly environment: Environment | undefined;
  /** Ids of what comes right before it. */
  readonly needs: readonly string[];
  /** Of those, the ones whose outputs and artifacts it takes. */
  readonly takes: readonly string[];
}

/**
 * The delivery must have passed validation. A job of an environment comes after all of the pipelines that its own needs
 * and after all of the environments that its own comes after; per-release jobs come after whoever hands them something.
 */
export function instancesOf(file: string, delivery: Delivery): Instance[] {
  const idOf = (pipeline: string, job: string, environment: string | undefined) =>
    `${file}#${environment === undefined ? "" : `${environment}/`}${pipeline}/${job}`;
  const byName = new Map(delivery.pipelines.map((pipeline) => [pipeline.name, pipeline]));
  const places: readonly (Environment | undefined)[] = [undefined, ...delivery.environments];

  const placeOf = (job: Job, place: Environment | undefined) => (job.per === "release" ? undefined : place?.name);
  const all = (pipeline: Pipeline, place: Environment) =>
    Object.entries(pipeline.jobs).map(([name, job]) => idOf(pipeline.name, name, placeOf(job, place)));
  const before = (pipeline: Pipeline, place: Environment) => [
    ...pipeline.needs.flatMap((need) => all(byName.get(need)!, place)),
    ...place.after.flatMap((name) => {
      const earlier = delivery.environments.find((each) => each.name === name)!;
      return delivery.pipelines.flatMap((each) => all(each, earlier)).filter((id) => id.startsWith(`${file}#${name}/`));
    }),
  ];

  return places.flatMap((place) =>
    delivery.pipelines.flatMap((pipeline) =>
      Object.entries(pipeline.jobs)
        .filter(([, job]) => (job.per === "release") === (place === undefined))
        .map(([name, job]): Instance => {
          const own = job.needs.map((need) => idOf(pipeline.name, need, placeOf(pipeline.jobs[need]!, place)));
          const takes = handOversTo(delivery, pipeline, job).map(({ owner, job: source }) =>
            idOf(owner.name, source, placeOf(owner.jobs[source]!, place)),
          );
          const needs = new Set([...own, ...takes, ...(place ? before(pipeline, place) : [])]);
          const id = idOf(pipeline.name, name, place?.name);
          needs.delete(id);
          return { id, pipeline, name, job, environment: place, needs: [...needs], takes };
        }),
    ),
  );
}

export interface HandOver {
  readonly kind: "output" | "artifact";
  /** `pipeline.name`. */
  readonly name: string;
  readonly owner: Pipeline;
  /** Who makes it. */
  readonly job: string;
}

/** Outputs and artifacts that a job takes, and where they come from. */
export function handOversTo(delivery: Delivery, pipeline: Pipeline, job: Job): HandOver[] {
  const values = [
    ...Object.values(pipeline.env),
    ...Object.values(job.env),
    ...job.steps.flatMap(({ env, action }) => [...Object.values(env), ...Object.values(action?.inputs ?? {})]),
  ];
  const find = (kind: HandOver["kind"], name: string): HandOver[] => {
    const owner = delivery.pipelines.find((each) => name.startsWith(`${each.name}.`));
    const short = name.slice(name.indexOf(".") + 1);
    const source =
      owner &&
      (kind === "output"
        ? owner.outputs[short]?.job
        : Object.entries(owner.jobs).find(([, each]) => Object.hasOwn(each.artifacts, short))?.[0]);
    if (!owner || source === undefined || owner.jobs[source] === job) return [];
    // What a pipeline offers to all its jobs has no meaning in those that belong to no environment.
    if (job.per === "release" && owner.jobs[source]!.per === "environment") return [];
    return [{ kind, name, owner, job: source }];
  };
  return [
    ...new Set(outputsIn(values)).values().flatMap((name) => find("output", name)),
    ...job.uses.flatMap(({ artifact }) => find("artifact", artifact)),
  ];
}

function outputsIn(values: readonly Value[]): string[] {
  return values.flatMap((value) => {
    if (typeof value === "string") return [];
    if (Array.isArray(value)) return outputsIn(value);
    return "output" in value ? [value.output] : [];
  });
}
