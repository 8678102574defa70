import type { Delivery } from "../../../../model/delivery.ts";
import { CannotWrite } from "../../../generated.ts";
import { artifactsOf, outputsOf } from "../names.ts";

/**
 * In this layout every environment has files of its own, and nothing is made for all of them. What a release makes once cannot be
 * written so; checks that are per release run again in each environment.
 */
export function everythingPerEnvironment(delivery: Delivery): Delivery {
  for (const pipeline of delivery.pipelines) {
    const made = [...artifactsOf(pipeline), ...outputsOf(pipeline)].find(({ per }) => per === "release");
    if (made === undefined) continue;
    throw new CannotWrite(
      `${pipeline.name}.${made.job} makes ${made.name} once for a release; the layout per-environment makes everything anew in each environment`,
      "use the layout orchestrated, or make the job per environment",
      ["pipelines", pipeline.name, "jobs", made.job, "per"],
    );
  }
  return {
    ...delivery,
    pipelines: delivery.pipelines.map((pipeline) => ({
      ...pipeline,
      jobs: Object.fromEntries(
        Object.entries(pipeline.jobs).map(([name, job]) => [name, { ...job, per: "environment" as const }]),
      ),
    })),
  };
}
