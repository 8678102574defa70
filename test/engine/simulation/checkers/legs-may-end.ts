import type { Checker } from "./checker.ts";

/** Without fail-fast the failure of one leg is nothing to the others: none is skipped, stopped or not tried again for it. */
export function legsMayEnd(): Checker {
  return {
    name: "legs may end",
    see(entry, ledger) {
      if (entry.kind !== "durable") return undefined;
      const { event } = entry.recorded;
      if (event.type !== "job.skipped" && event.type !== "job.cancelled" && event.type !== "job.failed")
        return undefined;
      const run = ledger.runs.get(event.run)!;
      const job = run.jobs.get(event.job)!;
      const isFree = job.definition.matrix?.failFast === false;
      if (!isFree || run.cancelled !== undefined || !run.otherLegs(job).some(({ status }) => status === "failed"))
        return undefined;
      if (event.type === "job.skipped" && event.code === "fail-fast")
        return `${event.job} of ${run.id} is skipped for another leg`;
      if (event.type === "job.cancelled") return `${event.job} of ${run.id} is stopped for another leg`;
      const isGivenUp = event.type === "job.failed" && event.retryAt === undefined;
      return isGivenUp && job.failures < job.definition.retry.attempts
        ? `${event.job} of ${run.id} is not tried again for another leg`
        : undefined;
    },
  };
}
