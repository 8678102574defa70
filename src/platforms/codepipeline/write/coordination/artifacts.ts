/**
 * Artifacts that one separate pipeline leaves and another takes. CodePipeline keeps artifacts for the runs of one pipeline;
 * what is deployed in an environment is therefore copied to a bucket of its own, by environment and pipeline, when it is
 * written down there, and stays until something newer takes its place.
 */

import type { Bucket, ProjectVariable, Resource, Statement } from "../infrastructure.ts";
import type { JobPlace, Register } from "../job-place.ts";
import { artifactSource } from "../known-values.ts";
import { arnOf, nameOf, text } from "../text.ts";
import { isElsewhere } from "./variables.ts";

const handedBucket: Bucket = {
  kind: "bucket",
  id: "Handed",
  comment: ["What pipelines have handed over to others, by environment. What is there now never expires."],
  prefix: "pipeline-handed-",
  expireDays: undefined,
  cache: undefined,
};
export const handedBucketId = handedBucket.id;

/** Variable of builds that take what was handed over: the name of the bucket. */
const variable = "BATON_HANDED";

/** Whether another pipeline of the branch takes what a job leaves. */
export function isTaken({ line, pipeline, job }: JobPlace): boolean {
  const own = new Set(Object.keys(job.artifacts).map((artifact) => `${pipeline.name}.${artifact}`));
  return line.onBranch.some(
    (other) =>
      other.name !== pipeline.name &&
      Object.values(other.jobs).some(({ uses }) => uses.some(({ artifact }) => own.has(artifact))),
  );
}

/** Jobs of other pipelines whose artifacts a job takes. */
const takenFrom = (place: JobPlace): JobPlace[] =>
  place.job.uses.map(({ artifact }) => artifactSource(artifact, place).from).filter((from) => isElsewhere(from, place));

/** Name of the file with all that a job leaves. */
export const handedFile = (from: JobPlace, register: Register) =>
  `${register.artifact({ ...from, environment: undefined })}.zip`;

/** Where a build finds it. */
export const handedAddress = (from: JobPlace, register: Register) =>
  `s3://$${variable}/$BATON_ENVIRONMENT/${from.pipeline.name}/${handedFile(from, register)}`;

export const handedVariables = (place: JobPlace): ProjectVariable[] =>
  takenFrom(place).length > 0 ? [{ name: variable, type: "PLAINTEXT", value: [nameOf(handedBucketId)] }] : [];

export function handedStatements(place: JobPlace, register: Register): Statement[] {
  const files = takenFrom(place).map(
    (from) =>
      text`${arnOf(handedBucketId)}/${place.environment?.name ?? ""}/${from.pipeline.name}/${handedFile(from, register)}`,
  );
  return files.length > 0 ? [{ sid: "TakeHanded", actions: ["s3:GetObject"], resources: files }] : [];
}

/** None when nothing is handed over as files. */
export const handedBuckets = (places: readonly JobPlace[]): Resource[] =>
  places.some((place) => takenFrom(place).length > 0) ? [handedBucket] : [];
