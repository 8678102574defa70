import { deployedTo } from "./deployed.ts";
import type { RunFinished } from "./events.ts";
import type { Conclusion, JobState, RunState } from "./state.ts";

/**
 * How a run came out once all its jobs have ended: `cancelled` when somebody cancelled it and something was left undone by
 * that; `failed` when something failed or was not approved; `cancelled`, too, when a newer release took its place.
 */
export function conclude(run: RunState): Conclusion {
  let worst: Conclusion = "succeeded";
  for (const job of run.list) {
    const bad = howBad(job);
    if (bad === "succeeded") continue;
    if (bad === "cancelled" && run.cancel !== undefined) return "cancelled";
    if (bad === "failed" || worst === "succeeded") worst = bad;
  }
  return worst;
}

function howBad(job: JobState): Conclusion {
  switch (job.status) {
    case "succeeded":
      return "succeeded";
    case "failed":
      return job.definition.continueOnFailure ? "succeeded" : "failed";
    case "cancelled":
      return "cancelled";
    case "skipped":
      switch (job.skipped?.code) {
        case "cancelled":
        case "superseded":
          return "cancelled";
        case "not-approved":
          return "failed";
        default:
          // Explained by the job that made it so.
          return "succeeded";
      }
    default:
      return "failed";
  }
}

export function runFinished(run: RunState): RunFinished {
  const deployed: RunFinished["deployed"] = {};
  for (const environment of run.plan.environments) {
    const here = deployedTo(run, environment);
    if (Object.keys(here).length > 0) deployed[environment] = here;
  }
  return { type: "run.finished", run: run.id, conclusion: conclude(run), deployed };
}
