import { explain } from "../../plan/explain.ts";
import type { JobId, Plan, PlannedJob } from "../../plan/plan.ts";

export type { Plan, PlannedJob, PlannedPipeline } from "../../plan/plan.ts";
export type { Requirements } from "../../plan/requirements.ts";
export type { Stray } from "../../release/guard.ts";

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
