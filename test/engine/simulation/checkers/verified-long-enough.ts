import type { Checker } from "./checker.ts";

/** A job that verifies passes when it has looked as often as its bake time asks for, and never looks more often than that. */
export function verifiedLongEnough(): Checker {
  return {
    name: "verified long enough",
    see(entry, ledger) {
      if (entry.kind !== "durable") return undefined;
      const { event } = entry.recorded;
      if (event.type !== "job.succeeded" && event.type !== "job.verified") return undefined;
      const { definition, looks } = ledger.runs.get(event.run)!.jobs.get(event.job)!;
      const { forMs, everyMs } = definition.verify ?? { forMs: 0, everyMs: 1 };
      const more = Math.ceil(forMs / everyMs);
      if (event.type === "job.verified" && looks > more)
        return `${event.job} of ${event.run} looks for the ${looks}. time`;
      if (event.type === "job.verified" || looks === more) return undefined;
      return `${event.job} of ${event.run} passed after ${looks + 1} looks, and ${more + 1} were asked for`;
    },
  };
}
