import type { Checker } from "./checker.ts";

/** An attempt is given up only because somebody cancelled the run, another leg failed fast, or a newer release had come. */
export function cancelsHaveCauses(): Checker {
  return {
    name: "cancels have causes",
    see(entry, ledger) {
      if (entry.kind !== "durable" || entry.recorded.event.type !== "job.cancelled") return undefined;
      const { event } = entry.recorded;
      const run = ledger.runs.get(event.run)!;
      const job = run.jobs.get(event.job)!;
      if (run.cancelled !== undefined || ledger.isSuperseded(job)) return undefined;
      const legs = job.definition.matrix?.failFast === false ? [] : run.otherLegs(job);
      if (legs.some(({ status }) => status === "failed" || status === "cancelled")) return undefined;
      return `${event.job} of ${event.run} is cancelled, and nobody and nothing asked for that`;
    },
  };
}
