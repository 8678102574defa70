/** What is known of values when the files are written. */

import type { Delivery, Value } from "../../../model/delivery.ts";
import { CannotWrite } from "../../generated.ts";
import type { JobPlace } from "./job-place.ts";

/** A value that is known when the files are written. */
export function knownText(value: Value | undefined, place: JobPlace): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  if (Array.isArray(value)) {
    const parts = value.map((part) => knownText(part, place));
    return parts.includes(undefined) ? undefined : parts.join("");
  }
  if ("variable" in value) return variablesIn(place.delivery, place.environment?.name)[value.variable];
  if (!("context" in value)) return undefined;
  switch (value.context) {
    case "delivery":
      return place.delivery.name;
    case "environment":
      return place.environment?.name ?? "";
    case "pipeline":
      return place.pipeline.name;
    case "job":
      return place.name;
    case "branch":
      return place.line.branch;
    case "release":
    case "run":
    case "commit":
    case "directory":
      return undefined;
    default:
      return value.context satisfies never;
  }
}

/** Who publishes `pipeline.output`, as seen from a place: in the same environment, or for the release. */
export function producerOf(place: JobPlace, reference: string): JobPlace & { output: string } {
  const [pipelineName, output] = reference.split(".") as [string, string];
  const pipeline = place.line.onBranch.find(({ name }) => name === pipelineName);
  const name = pipeline?.outputs[output]?.job;
  const job = name === undefined ? undefined : pipeline!.jobs[name];
  if (pipeline === undefined || name === undefined || job === undefined) {
    throw new CannotWrite(
      `${place.pipeline.name}.${place.name} reads ${reference}, which nothing on ${place.line.branch} publishes`,
    );
  }
  return { ...place, pipeline, name, job, environment: job.per === "release" ? undefined : place.environment, output };
}

/** The job that leaves `pipeline.artifact` behind. */
export function artifactSource(reference: string, place: JobPlace): { artifact: string; from: JobPlace } {
  const [pipelineName, artifact] = reference.split(".") as [string, string];
  const pipeline = place.line.onBranch.find(({ name }) => name === pipelineName)!;
  const [name, job] = Object.entries(pipeline.jobs).find(([, { artifacts }]) => Object.hasOwn(artifacts, artifact))!;
  const environment = job.per === "release" ? undefined : place.environment;
  return { artifact, from: { ...place, pipeline, name, job, environment } };
}

/** What variables are worth in an environment, or for the release. */
export function variablesIn(delivery: Delivery, environment: string | undefined): Record<string, string> {
  return { ...delivery.variables, ...delivery.environments.find(({ name }) => name === environment)?.variables };
}
