import type { JobPlace } from "./job-place.ts";

/** The job that leaves `pipeline.artifact` behind, as seen from a place: in the same environment, or for the release. */
export function artifactSource(reference: string, place: JobPlace): { artifact: string; from: JobPlace } {
  const [pipelineName, artifact] = reference.split(".") as [string, string];
  const pipeline = place.line.onBranch.find(({ name }) => name === pipelineName)!;
  const [name, job] = Object.entries(pipeline.jobs).find(([, { artifacts }]) => Object.hasOwn(artifacts, artifact))!;
  const environment = job.per === "release" ? undefined : place.environment;
  return { artifact, from: { ...place, pipeline, name, job, environment } };
}
