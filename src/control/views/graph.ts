import type { RunState } from "../../engine/state.ts";
import type { JobId } from "../../plan/plan.ts";

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
  return {
    version: 1,
    run: run.id,
    environments: run.plan.environments,
    jobs: run.plan.jobs.map((planned) => {
      const definition = run.definitions.get(planned.pipeline)?.jobs[planned.job];
      const expectedMs = expected.get(planned.id);
      return {
        id: planned.id,
        pipeline: planned.pipeline,
        job: planned.job,
        ...(planned.environment !== undefined && { environment: planned.environment }),
        ...(planned.matrix !== undefined && { matrix: planned.matrix }),
        deploys: definition?.deploys ?? false,
        decision: planned.decision,
        reason: planned.reason.text,
        after: planned.after,
        ...(expectedMs !== undefined && { expectedMs }),
        steps: definition?.steps.map((step, at) => step.name ?? `Step ${at + 1}`) ?? [],
      };
    }),
    joins: run.plan.joins.map(({ id, after }) => ({ id, after })),
    criticalPath: run.plan.criticalPath,
  };
}
