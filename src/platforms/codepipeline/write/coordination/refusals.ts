/** What separate pipelines cannot hand on. */

import type { Delivery } from "../../../../model/delivery.ts";
import { CannotWrite } from "../../../generated.ts";
import type { JobPlace } from "../job-place.ts";
import { JobValues } from "../job-values.ts";
import { artifactSource, producerOf } from "../known-values.ts";
import type { Settings } from "../options.ts";
import type { LineStages } from "../stages.ts";
import { separateRemedy } from "./variables.ts";

/** @throws {CannotWrite} for a delivery that needs one run over several of its pipelines. */
export function refuseWhatSeparatesCannot(
  lines: readonly LineStages[],
  { delivery, settings }: { delivery: Delivery; settings: Settings },
): void {
  const open = Object.entries(delivery.parameters).find(([, { default: preset }]) => preset === undefined);
  if (open !== undefined) {
    throw new CannotWrite(
      `the parameter ${open[0]} has no default, and a pipeline that is started by another one is given none`,
      "give it a default, or use the layout single",
      ["parameters", open[0]],
    );
  }
  if (settings.rollback === "function" && Object.keys(settings.alarms).length > 0) {
    throw new CannotWrite(
      "with separate pipelines an alarm does not tell whose deployment it is about, so no function can roll back by it",
      "take rollback: stage, which watches the alarms after each deployment",
    );
  }
  for (const place of lines.flatMap(({ places }) => places)) {
    for (const { artifact } of place.job.uses) refuseArtifact(artifact, place, lines);
    for (const hole of new JobValues(place).holes) if ("output" in hole) refuseOutput(hole.output, place, lines);
  }
}

function refuseArtifact(artifact: string, place: JobPlace, lines: readonly LineStages[]): void {
  const { from } = artifactSource(artifact, place);
  if (from.pipeline.name === place.pipeline.name) return;
  if (place.environment === undefined) {
    throw new CannotWrite(
      `${place.pipeline.name}.${place.name} takes the artifact ${artifact} once for each release, and separate CodePipelines hand artifacts over in environments only`,
      separateRemedy,
      ["pipelines", place.pipeline.name, "jobs", place.name, "uses"],
    );
  }
  refuseAbsent(artifact, { place, pipeline: from.pipeline.name, lines });
}

function refuseOutput(output: string, place: JobPlace, lines: readonly LineStages[]): void {
  const producer = producerOf(place, output);
  if (producer.pipeline.name === place.pipeline.name) return;
  refuseAbsent(output, { place, pipeline: producer.pipeline.name, lines });
}

/** Who hands over does it with the stage of an environment. */
function refuseAbsent(
  what: string,
  { place, pipeline, lines }: { place: JobPlace; pipeline: string; lines: readonly LineStages[] },
): void {
  const { environment } = place;
  const isThere = lines.some(
    ({ line, stages }) =>
      line.branch === place.line.branch &&
      line.pipelines[0]!.name === pipeline &&
      stages.some(({ name }) => name === environment?.name),
  );
  if (isThere) return;
  throw new CannotWrite(
    `${place.pipeline.name}.${place.name} needs ${what} in ${environment?.name}, where ${pipeline} has no job that could hand it over`,
    separateRemedy,
    ["pipelines", place.pipeline.name, "jobs", place.name],
  );
}
