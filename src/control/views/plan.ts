import type { Delivery } from "../../model/delivery.ts";
import { explain } from "../../plan/explain.ts";
import type { JobId, Plan, PlannedJob, PlannedPipeline } from "../../plan/plan.ts";
import type { Requirements } from "../../plan/requirements.ts";
import type { Stray } from "../../release/guard.ts";
import type { FreezeView } from "./freezes.ts";
import { type ClosedView, closedFor } from "./windows.ts";

export type { Plan, PlannedJob, PlannedPipeline } from "../../plan/plan.ts";
export type { Requirements } from "../../plan/requirements.ts";
export type { Stray } from "../../release/guard.ts";

/** What a run would do, at a glance, for whoever is about to start it. */
export interface PlanPreview {
  version: 1;
  delivery: string;
  commit: string;
  /** Absent where a commit without a branch is checked out. */
  branch?: string;
  /** In promotion order. */
  environments: string[];
  parameters: Record<string, string>;
  jobs: Pick<PlannedJob, "id" | "decision">[];
  /** Why each pipeline runs in each environment, or does not; one sentence without a final stop. */
  pipelines: { pipeline: string; environment: string; decision: PlannedPipeline["decision"]; reason: string }[];
  /** Who will be asked on the way. */
  approvals: Requirements["approvals"];
  /** What goes past the branches of environments, and whether it is refused for that. */
  strays: Pick<Stray, "environment" | "text" | "isRefused">[];
  missingParameters: string[];
  /** Where something would be deployed and nothing may begin to be just now. */
  freezes: FreezeView[];
  /** Where it would wait for a change window just now. */
  closed: ClosedView[];
}

export interface Previewed {
  delivery: Delivery;
  plan: Plan;
  branch: string | undefined;
  requirements: Requirements;
  strays: readonly Stray[];
  missingParameters: readonly string[];
  freezes: readonly FreezeView[];
}

/** `now`: milliseconds since the epoch. */
export function planPreview(
  { delivery, plan, branch, requirements, strays, missingParameters, freezes }: Previewed,
  now: number,
): PlanPreview {
  return {
    version: 1,
    delivery: plan.delivery,
    commit: plan.change.commit,
    ...(branch !== undefined && { branch }),
    environments: plan.environments,
    parameters: plan.parameters,
    jobs: plan.jobs.map(({ id, decision }) => ({ id, decision })),
    pipelines: plan.pipelines.map(({ pipeline, environment, decision, reason }) => ({
      pipeline,
      environment,
      decision,
      reason: reason.text,
    })),
    approvals: requirements.approvals,
    strays: strays.map(({ environment, text, isRefused }) => ({ environment, text, isRefused })),
    missingParameters: [...missingParameters],
    freezes: [...freezes],
    closed: closedFor(plan, delivery, now),
  };
}

/** Everything that a plan says about some of its jobs. */
export interface ExplainView {
  version: 1;
  jobs: ExplainedJob[];
}

export interface ExplainedJob extends PlannedJob {
  /** The path of reasons from the job to the root cause, one line each; indented lines list what the line above speaks of. */
  why: string[];
}

export function explainView(plan: Plan, jobs: readonly JobId[]): ExplainView {
  const wanted = new Set(jobs);
  const found = plan.jobs.filter(({ id }) => wanted.has(id));
  return { version: 1, jobs: found.map((job) => ({ ...job, why: explain(plan, job.id) })) };
}
