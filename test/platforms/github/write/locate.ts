import type { JobPattern } from "../../../../src/facts/scenario.ts";
import type { Delivery } from "../../../../src/model/delivery.ts";
import { matrixLegs } from "../../../../src/model/matrix-legs.ts";
import { jobInstanceId } from "../../../../src/plan/job-id.ts";
import type { PlannedJob } from "../../../../src/plan/plan.ts";

/** Where a job of the plan stands in the orchestrated layout, and back. */
export function locatorFor(delivery: Delivery, entry: string) {
  const pathOf = ({ pipeline, job, environment }: Pick<PlannedJob, "pipeline" | "job" | "environment">): string[] =>
    environment === undefined ? [`${pipeline}-release`, job] : [environment, pipeline, job];
  const legsOf = (pipeline: string, job: string) =>
    matrixLegs(delivery.pipelines.find(({ name }) => name === pipeline)!.jobs[job]!.matrix);
  return {
    pattern(planned: PlannedJob): JobPattern {
      const leg =
        planned.matrix === undefined
          ? undefined
          : legsOf(planned.pipeline, planned.job).findIndex(
              (one) => JSON.stringify(one) === JSON.stringify(planned.matrix),
            );
      return { run: { pipeline: entry }, path: pathOf(planned), ...(leg !== undefined && { leg }) };
    },
    idOf({ path, leg }: { path: readonly string[]; leg: number }): string | undefined {
      const [first, second, third] = path;
      const found =
        path.length === 2 && first!.endsWith("-release")
          ? { pipeline: first!.slice(0, -"-release".length), job: second! }
          : path.length === 3
            ? { environment: first!, pipeline: second!, job: third! }
            : undefined;
      if (
        found === undefined ||
        !delivery.pipelines.some(({ name, jobs }) => name === found.pipeline && found.job in jobs)
      ) {
        return undefined;
      }
      const job = delivery.pipelines.find(({ name }) => name === found.pipeline)!.jobs[found.job]!;
      const matrix = job.matrix === undefined ? undefined : legsOf(found.pipeline, found.job)[leg];
      return jobInstanceId({ ...found, matrix });
    },
  };
}
