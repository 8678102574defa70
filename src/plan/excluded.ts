import type { ResolvedJob } from "../model/resolved-delivery.ts";
import { conditionHolds, describeCondition } from "./conditions.ts";
import type { Reason } from "./plan.ts";
import type { PlanContext, Target } from "./plan-context.ts";

/** Jobs that this plan cannot run in a target whatever has changed, each with the reason. */
export type Excluded = ReadonlyMap<ResolvedJob, Reason>;

/**
 * From conditions, empty matrices and, on pull requests, deploying; passed on to the jobs that need them as on GitHub: what
 * needs a skipped job is skipped, unless it runs always or after a failure. `upstream` holds the per-release jobs that are excluded.
 */
export function excludedJobs(options: {
  context: PlanContext;
  /** Absent: the per-release jobs. */
  target?: Target;
  jobs: readonly ResolvedJob[];
  upstream?: Excluded;
}): Excluded {
  const { context, target, jobs, upstream } = options;
  const excluded = new Map<ResolvedJob, Reason>();
  for (const job of jobs) {
    const isExcluded = (need: ResolvedJob): boolean => excluded.has(need) || upstream?.has(need) === true;
    const reason =
      ownReason(context, job, target) ??
      passedOn(job, target, isExcluded) ??
      nothingToFail(job, (earlier) => !isExcluded(earlier));
    if (reason !== undefined) excluded.set(job, reason);
  }
  return excluded;
}

function ownReason(context: PlanContext, { owner, name, job, legs }: ResolvedJob, target?: Target): Reason | undefined {
  const where = inTarget(target);
  if (legs.length === 0) {
    return {
      code: "condition-false",
      text: "its matrix has no combination left",
      because: [`${owner.name}.${name}`],
    };
  }
  const facts = target?.facts ?? context.releaseFacts;
  if (job.condition !== undefined && !conditionHolds(job.condition, facts, context.compileFilter)) {
    const text = `its condition does not hold${where}: ${describeCondition(job.condition)}`;
    return { code: "condition-false", text, because: [] };
  }
  if (context.isPullRequest && (job.deploys || job.verify !== undefined)) {
    const does = job.deploys ? "deploys" : "verifies what was deployed";
    return { code: "event-filter", text: `it ${does}, and a pull request only runs checks`, because: [] };
  }
  return undefined;
}

/** `isExcluded` tells of a need whether it does not run. */
export function passedOn(
  { owner, needs, job }: ResolvedJob,
  target: Target | undefined,
  isExcluded: (need: ResolvedJob) => boolean,
): Reason | undefined {
  const exclusion = job.runsAfter === "success" ? needs.find(isExcluded) : undefined;
  if (exclusion === undefined) return undefined;
  const name = `${owner.name}.${exclusion.name}`;
  const id = target?.name === undefined || exclusion.job.per === "release" ? name : `${name}@${target.name}`;
  return { code: "upstream-skipped", text: `${id} does not run, which it needs`, because: [id] };
}

/** A job that runs after a failure has nothing to do when nothing before it, however far, can run. */
export function nothingToFail(
  { job, needs }: ResolvedJob,
  runs: (earlier: ResolvedJob) => boolean,
): Reason | undefined {
  if (job.runsAfter !== "failure") return undefined;
  const before = new Set(needs);
  for (const earlier of before) {
    if (runs(earlier)) return undefined;
    for (const further of earlier.needs) before.add(further);
  }
  return { code: "upstream-skipped", text: "it runs after a failure, and nothing before it runs", because: [] };
}

export function inTarget(target: Target | undefined): string {
  return target?.name === undefined ? "" : ` in ${target.name}`;
}
