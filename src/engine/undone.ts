import type { Undone } from "../plan/plan.ts";
import type { JobState, RunState } from "./state.ts";

/** What a job that undoes works with: the release that it undoes. Undefined of all others. */
export function undoneBy({ plan }: Pick<RunState, "plan">, { undoes }: JobState["planned"]): Undone | undefined {
  return undoes === undefined ? undefined : plan.undone?.[undoes.release];
}

/**
 * The run as a job sees it that fills in values. For one that undoes that is the release which it undoes, with what the
 * environment had of it: nothing of what the run brings.
 */
export function runFor(run: RunState, { planned }: JobState): RunState {
  const undone = undoneBy(run, planned);
  if (undone === undefined) return run;
  const { delivery, commit, branch, parameters, set } = undone;
  const environment = planned.environment!;
  const reason = planned.reason;
  const there = Object.entries(set).map(([pipeline, reused]) => {
    return { pipeline, environment, decision: "reuse" as const, reason, commit: reused.commit, reused };
  });
  return {
    ...run,
    delivery,
    plan: { ...run.plan, change: { ...run.plan.change, commit, branch }, parameters },
    moves: planned.undoes!.release,
    definitions: new Map(delivery.pipelines.map((pipeline) => [pipeline.name, pipeline])),
    pipelines: new Map(there.map((each) => [`${each.pipeline}@${environment}`, each])),
  };
}
