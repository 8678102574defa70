import type { JobId, Plan, PlannedJob, PlannedPipeline, Reason } from "./plan.ts";

/**
 * The path of reasons behind the decision on one job instance, one line each, from the job to the root cause; indented lines list
 * what the line above speaks of. Throws RangeError when the plan has no such job.
 *
 *     web.build@dev runs: infra runs, which web needs
 *     infra runs in dev: 1 file changed under infra/**
 *       infra/main.tf
 */
export function explain(plan: Plan, jobId: JobId): string[] {
  const job = plan.jobs.find(({ id }) => id === jobId);
  if (job === undefined) throw new RangeError(`the plan has no job ${jobId}`);
  const lines: string[] = [];
  const told = new Set<Reason>();
  let step: Step | undefined = { subject: job.id, decided: job, environment: job.environment };
  while (step !== undefined && !told.has(step.decided.reason)) {
    const { reason } = step.decided;
    told.add(reason);
    lines.push(`${step.subject} ${verb(step.decided.decision)}${where(step)}: ${reason.text}`);
    if (reason.code === "paths-changed") lines.push(...reason.because.map((path) => `  ${path}`));
    step = cause(plan, reason, step.environment);
  }
  return lines;
}

interface Step {
  subject: string;
  decided: PlannedJob | PlannedPipeline;
  environment: string | undefined;
}

function cause(plan: Plan, reason: Reason, environment: string | undefined): Step | undefined {
  const [name] = reason.because;
  if (name === undefined || !pointsOn(reason)) return undefined;
  const job = plan.jobs.find(({ id }) => id === name || id.startsWith(`${name}[`));
  if (job !== undefined) return { subject: name, decided: job, environment: job.environment };
  // The reason of a per-release job comes from the first environment in which its pipeline runs.
  const candidates = plan.pipelines.filter(
    ({ pipeline, environment: target }) => pipeline === name && (environment === undefined || target === environment),
  );
  const pipeline = candidates.find(({ decision }) => decision === "run") ?? candidates[0];
  return pipeline && { subject: name, decided: pipeline, environment: pipeline.environment };
}

/** Whether the cause has a decision of its own in the plan. */
function pointsOn({ code }: Reason): boolean {
  return (
    code === "upstream-runs" || code === "upstream-deployed" || code === "upstream-skipped" || code === "needed-by"
  );
}

function verb(decision: PlannedJob["decision"]): string {
  switch (decision) {
    case "run":
      return "runs";
    case "reuse":
      return "is reused";
    case "skip":
      return "does not run";
    default:
      return decision satisfies never;
  }
}

/** The id of a job has its environment in it. */
function where({ decided }: Step): string {
  return "id" in decided ? "" : ` in ${decided.environment}`;
}
