import type { LedgerRun } from "../ledger.ts";
import type { Checker } from "./checker.ts";

/**
 * A run that passed has run every job that was planned to run, but for those that wait for a failure that did not come;
 * and nothing counts as deployed to an environment in which nothing succeeded.
 */
export function passedRanAll(): Checker {
  return {
    name: "passed ran all",
    see(entry, ledger) {
      if (entry.kind !== "durable") return undefined;
      const { event } = entry.recorded;
      if (event.type === "lock.released")
        return reachedNothing(ledger.runs.get(event.run)!, { [event.environment]: event.deployed });
      if (event.type !== "run.finished") return undefined;
      const run = ledger.runs.get(event.run)!;
      for (const job of run.jobs.values()) {
        if (event.conclusion !== "succeeded" || job.status === "succeeded") continue;
        const { runsAfter, continueOnFailure } = job.definition;
        if (job.status === "failed" && continueOnFailure) continue;
        if (job.status === "skipped" && runsAfter === "failure") continue;
        return `${run.id} passed, and ${job.planned.id} is ${job.status}`;
      }
      return reachedNothing(run, event.deployed);
    },
  };
}

function reachedNothing(run: LedgerRun, deployed: Record<string, object>): string | undefined {
  for (const [environment, pipelines] of Object.entries(deployed)) {
    const jobs = [...run.jobs.values()].filter(({ planned }) => planned.environment === environment);
    const reached = jobs.length === 0 || jobs.some(({ status }) => status === "succeeded");
    if (!reached && Object.keys(pipelines).length > 0)
      return `${run.id} counts as deployed to ${environment}, where nothing succeeded`;
  }
  return undefined;
}
