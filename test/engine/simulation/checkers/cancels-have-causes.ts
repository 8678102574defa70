import type { Checker } from "./checker.ts";
import { whatIsWrong } from "./skips-are-true.ts";

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

/** What a cancel names as its cause is so, by the journal alone. */
export function namesTheCause(): Checker {
  return {
    name: "cancels name their cause",
    see(entry, ledger) {
      if (entry.kind !== "durable" || entry.recorded.event.type !== "job.cancelled") return undefined;
      const { event } = entry.recorded;
      const job = ledger.runs.get(event.run)!.jobs.get(event.job)!;
      const wrong = event.cause === undefined ? "it does not say why" : whatIsWrong(ledger, job, event.cause);
      return wrong && `${event.job} of ${event.run} is cancelled (${event.cause?.text}), but ${wrong}`;
    },
  };
}
