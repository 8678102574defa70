import type { Delivery } from "../../src/model/delivery.ts";
import type { Plan, PlannedJob } from "../../src/plan/plan.ts";
import { jobIn } from "./execution.ts";

export type OrderKind = "need" | "pipeline" | "environment" | "hand-off";

/** The order between two instances as the words of the model have it, without a thought for speed; undefined: none directly. */
export function modelEdge({
  delivery,
  plan,
  a,
  b,
}: {
  delivery: Delivery;
  plan: Plan;
  a: PlannedJob;
  b: PlannedJob;
}): OrderKind | undefined {
  const runsIn = (pipeline: string, environment: string | undefined): boolean =>
    plan.pipelines.some(
      (placed) => placed.pipeline === pipeline && placed.environment === environment && placed.decision === "run",
    );
  // A per-release job matters to an environment when its pipeline runs there; otherwise that lives on what is deployed.
  const matters = (environment: string | undefined): boolean =>
    a.environment === undefined
      ? a.decision === "run" && runsIn(a.pipeline, environment)
      : a.environment === environment;
  const owner = delivery.pipelines.find(({ name }) => name === b.pipeline)!;
  if (a.pipeline === b.pipeline) {
    const isNeed = jobIn(delivery, b).needs.includes(a.job);
    const isSamePlace =
      a.environment === b.environment || (a.environment === undefined && runsIn(b.pipeline, b.environment));
    if (isNeed && isSamePlace) return "need";
  }
  if (b.environment === undefined) {
    // Nothing is handed to a job that does not run.
    if (a.environment !== undefined || b.decision !== "run") return undefined;
    const read = Object.values(jobIn(delivery, b).env).some(
      (value) =>
        typeof value === "object" &&
        "output" in value &&
        publisher(delivery, value.output) === `${a.pipeline}.${a.job}`,
    );
    return read ? "hand-off" : undefined;
  }
  if (owner.needs.includes(a.pipeline) && matters(b.environment)) return "pipeline";
  const earlier = environmentsBefore(delivery, b.environment).filter((name) => plan.environments.includes(name));
  return earlier.some((environment) => matters(environment)) ? "environment" : undefined;
}

function environmentsBefore(delivery: Delivery, name: string): string[] {
  const { after } = delivery.environments.find((environment) => environment.name === name)!;
  return after.flatMap((before) => [before, ...environmentsBefore(delivery, before)]);
}

function publisher(delivery: Delivery, reference: string): string {
  const [pipeline, output] = reference.split(".");
  return `${pipeline}.${delivery.pipelines.find(({ name }) => name === pipeline)!.outputs[output!]!.job}`;
}
