import type { Delivery } from "../../../model/delivery.ts";
import type { Stage } from "./infrastructure.ts";
import type { JobPlace, Register } from "./job-place.ts";
import { JobValues } from "./job-values.ts";
import type { WriteOptions } from "./options.ts";
import { refuseWideGroups } from "./order.ts";
import type { ReleaseLine } from "./release-lines.ts";
import { refuseWhatIsBuiltApart } from "./separate/handed.ts";
import { buildingStages, deployingStages } from "./separate/stages.ts";
import { actionsOf, approvalStage, buildStage, isLeftOut, sourceStage } from "./stage-parts.ts";

export interface LineStages {
  readonly line: ReleaseLine;
  readonly stages: readonly Stage[];
  /** Every job that runs, at its place. */
  readonly places: readonly JobPlace[];
}

interface Around {
  readonly delivery: Delivery;
  readonly options: WriteOptions;
  readonly register: Register;
}

/** The stages of a line; undefined where it would have nothing to do: a source alone is no pipeline. */
export function stagesOf(line: ReleaseLine, around: Around): LineStages | undefined {
  const { register, options } = around;
  if (line.joined?.does === "builds") {
    const places = placesOf(line, undefined, around);
    for (const place of places) refuseWhatIsBuiltApart(place, new JobValues(place).outputs);
    return { line, places, stages: buildingStages(line, { places, register, options }) };
  }
  if (line.joined?.does === "deploys") {
    const places = placesOf(line, line.environments[0], around);
    return places.length === 0
      ? undefined
      : { line, places, stages: deployingStages(line, { places, register, options }) };
  }
  return wholeLine(line, around);
}

/**
 * From the source to the last environment. All jobs of an environment share one stage: CodePipeline lets one run at a time
 * into a stage, so the stage is the environment's lock, and what it rolls back is the whole environment. An approval has a
 * stage of its own, because nobody should wait at a lock for a person.
 */
function wholeLine(line: ReleaseLine, around: Around): LineStages | undefined {
  const { register, options } = around;
  const perRelease = placesOf(line, undefined, around);
  const inEnvironments = line.environments.map((environment) => ({
    environment,
    places: placesOf(line, environment, around),
  }));
  refuseWideGroups([
    { name: "Build", places: perRelease },
    ...inEnvironments.map(({ environment, places }) => ({ name: environment.name, places })),
  ]);
  const { alarms, rollback, watchMinutes } = options.settings;
  const stages: Stage[] = [sourceStage(line, options)];
  if (perRelease.length > 0) stages.push(buildStage(perRelease, register));
  for (const { environment, places } of inEnvironments) {
    if (places.length === 0) continue;
    if (environment.approval) {
      stages.push(approvalStage({ environment: environment.name, approval: environment.approval, line, options }));
    }
    const rings = Object.hasOwn(alarms, environment.name) ? alarms[environment.name] : undefined;
    stages.push({
      name: environment.name,
      comment: [
        `The stage is the lock of ${environment.name}: one run at a time deploys there, from its first job to its last.`,
      ],
      actions: actionsOf(places, register),
      ...(rollback === "stage" && { onFailure: "ROLLBACK" }),
      ...(rollback === "stage" && rings && { alarms: { names: rings, minutes: watchMinutes } }),
    });
  }
  const places = [...perRelease, ...inEnvironments.flatMap((one) => one.places)];
  return places.length === 0 ? undefined : { line, stages, places };
}

function placesOf(line: ReleaseLine, environment: JobPlace["environment"], { delivery, options }: Around): JobPlace[] {
  return line.pipelines.flatMap((pipeline) =>
    Object.entries(pipeline.jobs).flatMap(([name, job]): JobPlace[] => {
      if ((job.per === "release") !== (environment === undefined)) return [];
      const place = { delivery, options, line, pipeline, name, job, environment };
      return isLeftOut(place) ? [] : [place];
    }),
  );
}
