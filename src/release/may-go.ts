import type { Delivery } from "../model/delivery.ts";
import { plan } from "../plan/make-plan.ts";
import type { PlannedPipeline, PlanRequest } from "../plan/plan.ts";

/** Why files may not go to an environment alone: there, before it, a pipeline would still have to run. */
export interface NotPassed {
  code: "not-passed";
  before: string[];
  open: PlannedPipeline;
}

/** Environments that come before, however far, in promotion order. */
export function environmentsBefore({ environments }: Delivery, name: string): string[] {
  const named = new Map(environments.map((environment) => [environment.name, environment]));
  const before = new Set(named.get(name)?.after);
  for (const one of before) for (const further of named.get(one)?.after ?? []) before.add(further);
  return environments.flatMap((environment) => (before.has(environment.name) ? [environment.name] : []));
}

/**
 * Whether the files of a request may go to an environment alone: when what comes before it has nothing left to do for them.
 * The request's own environments do not matter.
 */
export function mayDeploy(delivery: Delivery, request: PlanRequest, environment: string): NotPassed | undefined {
  const before = environmentsBefore(delivery, environment);
  if (before.length === 0) return undefined;
  // With the environment itself, whose needs may send something through those before it again.
  const { pipelines, jobs } = plan(delivery, { ...request, environments: [...before, environment] });
  // Where all that a pipeline does is done already, nothing is left to pass.
  const isBefore = (at: { environment?: string }) => at.environment !== environment;
  const busy = new Set(
    jobs.filter(isBefore).flatMap(({ decision, pipeline }) => (decision === "run" ? [pipeline] : [])),
  );
  const open = pipelines.find((item) => isBefore(item) && item.decision === "run" && busy.has(item.pipeline));
  return open && { code: "not-passed", before, open };
}
