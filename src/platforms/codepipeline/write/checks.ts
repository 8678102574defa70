/**
 * What pull requests go through: a pipeline beside each line's own, with the jobs that are the same for every environment and
 * need no rights. Whoever opens a pull request decides what these jobs do, so they have a bucket of their own, read no
 * secrets, and their roles reach nothing that a release is made of.
 */

import type { Delivery } from "../../../model/delivery.ts";
import type { Stage } from "./infrastructure.ts";
import { type JobPlace, type Register, referenceOf } from "./job-place.ts";
import { JobValues } from "./job-values.ts";
import { artifactSource, producerOf } from "./known-values.ts";
import type { WriteOptions } from "./options.ts";
import { permissionsOf } from "./permissions.ts";
import type { ReleaseLine } from "./release-lines.ts";
import { actionsOf, isLeftOut, sourceStage } from "./stage-parts.ts";
import type { LineStages } from "./stages.ts";

export interface Checks {
  readonly lines: readonly LineStages[];
  /** Jobs that might check something and are not let, with why. */
  readonly leftOut: readonly { readonly job: string; readonly why: string }[];
  /** Pipelines of the delivery that want to be checked and of which no job is. */
  readonly unchecked: readonly string[];
}

export function checksOf(
  lines: readonly LineStages[],
  { delivery, options, register }: { delivery: Delivery; options: WriteOptions; register: Register },
): Checks {
  const wanting = delivery.pipelines.filter(({ triggers }) => triggers.pullRequests).map(({ name }) => name);
  if (options.settings.pullRequests === "nothing") return { lines: [], leftOut: [], unchecked: wanting };
  const leftOut = new Map<string, string>();
  const found = lines.flatMap(({ line }): LineStages[] => {
    // What is built for it is checked where it is built.
    if (line.joined?.does === "deploys") return [];
    const own: ReleaseLine = { ...line, name: `${line.name}-checks`, environments: [], runsFor: "pull requests" };
    const candidates = candidatesOf(own, { delivery, options });
    const places = allowed(candidates, leftOut);
    if (places.length === 0) return [];
    const checks: Stage = {
      name: "Checks",
      comment: ["What is the same for every environment and needs no rights."],
      actions: actionsOf(places, register),
    };
    // A change to what has no checks starts none.
    const pipelines = own.pipelines.filter((one) => places.some(({ pipeline }) => pipeline === one));
    return [{ line: { ...own, pipelines }, stages: [sourceStage(own, options), checks], places }];
  });
  const checked = new Set(found.flatMap(({ places }) => places.map(({ pipeline }) => pipeline.name)));
  return {
    lines: found,
    leftOut: [...leftOut].map(([job, why]) => ({ job, why })),
    unchecked: wanting.filter((name) => !checked.has(name)),
  };
}

function candidatesOf(line: ReleaseLine, around: { delivery: Delivery; options: WriteOptions }): JobPlace[] {
  return line.pipelines
    .filter(({ triggers }) => triggers.pullRequests)
    .flatMap((pipeline) =>
      Object.entries(pipeline.jobs).flatMap(([name, job]): JobPlace[] => {
        if (job.per !== "release" || job.deploys) return [];
        const place = { ...around, line, pipeline, name, job, environment: undefined };
        return isLeftOut(place) ? [] : [place];
      }),
    );
}

/** Those that need nothing but what others of them leave. */
function allowed(candidates: readonly JobPlace[], leftOut: Map<string, string>): JobPlace[] {
  let places = candidates.filter((place) => {
    const why = needsRights(place);
    if (why !== undefined) leftOut.set(referenceOf(place), why);
    return why === undefined;
  });
  for (;;) {
    const known = new Set(places.map(referenceOf));
    const kept = places.filter((place) => {
      const missing = neededBy(place).find((job) => !known.has(job));
      if (missing !== undefined) leftOut.set(referenceOf(place), `it needs ${missing}, which is not run`);
      return missing === undefined;
    });
    if (kept.length === places.length) return kept;
    places = kept;
  }
}

function needsRights(place: JobPlace): string | undefined {
  const secret = new JobValues(place).holes.find((hole) => "secret" in hole);
  if (secret !== undefined && "secret" in secret) return `it reads the secret ${secret.secret}`;
  const { statements, untold } = permissionsOf(place, "on a machine");
  if (statements.length > 0 || untold.length > 0) return "it acts on AWS";
  return place.job.concurrency === undefined ? undefined : "it is in a concurrency group, and checks run side by side";
}

/** Jobs whose passing, outputs or artifacts a job is given. */
function neededBy(place: JobPlace): string[] {
  const outputs = new JobValues(place).holes.flatMap((hole) => ("output" in hole ? [hole.output] : []));
  return [
    ...place.job.needs.map((name) => referenceOf({ ...place, name })),
    ...place.job.uses.map(({ artifact }) => referenceOf(artifactSource(artifact, place).from)),
    ...outputs.map((output) => referenceOf(producerOf(place, output))),
  ];
}
