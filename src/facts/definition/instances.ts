/** Every job of a delivery in every place where it runs, with what must have ended before it. */

import type { Delivery, Environment, Job, Pipeline } from "../../model/delivery.ts";
import { standing } from "../../model/previews.ts";
import { type HandOff, resolveDelivery } from "../../model/resolved-delivery.ts";

export interface Instance {
  readonly id: string;
  readonly pipeline: Pipeline;
  readonly name: string;
  readonly job: Job;
  /** Undefined for a job that runs once for a release. */
  readonly environment: Environment | undefined;
  /** Ids of what comes right before it. */
  readonly needs: readonly string[];
  /** Outputs and artifacts that it takes. */
  readonly takes: readonly HandOff[];
  /** Ids of those among `needs` that make them. */
  readonly makers: readonly string[];
}

/**
 * The delivery must have passed validation. A job of an environment comes after all of the pipelines that its own needs
 * and after all of the environments that its own comes after; per-release jobs come after whoever hands them something.
 */
export function instancesOf(file: string, delivery: Delivery): Instance[] {
  const idOf = (pipeline: string, job: string, environment: string | undefined) =>
    `${file}#${environment === undefined ? "" : `${environment}/`}${pipeline}/${job}`;
  const byName = new Map(delivery.pipelines.map((pipeline) => [pipeline.name, pipeline]));
  const { pipelines } = resolveDelivery(delivery);
  const takesOf = new Map(
    pipelines.flatMap(({ releaseJobs, environmentJobs }) =>
      [...releaseJobs, ...environmentJobs].map(({ job, takes }) => [job, takes] as const),
    ),
  );
  const places: readonly (Environment | undefined)[] = [undefined, ...standing(delivery).environments];

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
          const takes = takesOf.get(job)!;
          const makers = takes.map(({ source }) => idOf(source.owner.name, source.name, placeOf(source.job, place)));
          const needs = new Set([...own, ...makers, ...(place ? before(pipeline, place) : [])]);
          const id = idOf(pipeline.name, name, place?.name);
          needs.delete(id);
          return { id, pipeline, name, job, environment: place, needs: [...needs], takes, makers };
        }),
    ),
  );
}
