import type { RunState } from "../../engine/state.ts";
import type { Pipeline } from "../../model/delivery.ts";
import type { JobId, Plan } from "../../plan/plan.ts";

/** What a run consists of, as it was planned: this never changes while it runs. Durations in milliseconds. */
export interface GraphView {
  version: 1;
  run: string;
  /** In promotion order. */
  environments: string[];
  /** Jobs that run, and those that do not with the reason, in an order in which they could run. */
  jobs: GraphJob[];
  /** Points where many edges meet; nothing runs in them. */
  joins: { id: string; after: string[] }[];
  /** One longest chain by the times that were expected. */
  criticalPath: JobId[];
}

export interface GraphJob {
  id: JobId;
  pipeline: string;
  job: string;
  /** Absent: made once for the release. */
  environment?: string;
  matrix?: Record<string, string>;
  deploys: boolean;
  decision: "run" | "reuse" | "skip";
  /** Why, one sentence without a final stop. */
  reason: string;
  /** Jobs and joins that must have ended before. */
  after: string[];
  expectedMs?: number;
  steps: string[];
}

export function graphView(run: RunState, expected: ReadonlyMap<JobId, number>): GraphView {
  const { environments } = run.plan;
  return { version: 1, run: run.id, environments, ...graphOf(run.plan, { pipelines: run.definitions, expected }) };
}

export function graphOf(
  plan: Plan,
  { pipelines, expected }: { pipelines: ReadonlyMap<string, Pipeline>; expected: ReadonlyMap<JobId, number> },
): Pick<GraphView, "jobs" | "joins" | "criticalPath"> {
  return {
    jobs: plan.jobs.map((planned) => {
      const definition = pipelines.get(planned.pipeline)?.jobs[planned.job];
      const expectedMs = expected.get(planned.id);
      return {
        id: planned.id,
        pipeline: planned.pipeline,
        job: planned.job,
        ...(planned.environment !== undefined && { environment: planned.environment }),
        ...(planned.matrix !== undefined && { matrix: planned.matrix }),
        deploys: planned.undoes !== undefined || (definition?.deploys ?? false),
        decision: planned.decision,
        reason: planned.reason.text,
        after: planned.after,
        ...(expectedMs !== undefined && { expectedMs }),
        steps: definition?.steps.map((step, at) => step.name ?? `Step ${at + 1}`) ?? [],
      };
    }),
    joins: plan.joins.map(({ id, after }) => ({ id, after })),
    criticalPath: plan.criticalPath,
  };
}
