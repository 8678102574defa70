import type { EngineEvent } from "../../../../src/engine/events.ts";
import type { Checker } from "./checker.ts";

/** Only the session that made or adopted a run goes on with it: starts its jobs, records their ends, asks and takes locks. */
export function onlyTheOwner(): Checker {
  return {
    name: "only the owner",
    see(entry, ledger) {
      if (entry.kind === "process") {
        const { run, job } = entry.launch;
        const owner = ledger.runs.get(run)?.lastOwner;
        return owner === entry.session ? undefined : `${job} of ${run} began under ${entry.session}, not ${owner}`;
      }
      if (entry.kind !== "durable") return undefined;
      const { event } = entry.recorded;
      if (isAnybodys(event)) return undefined;
      const owner = ledger.runs.get(event.run)!.lastOwner;
      return owner === entry.session ? undefined : `${event.type} of ${event.run} is by ${entry.session}, not ${owner}`;
    },
  };
}

function isAnybodys({ type }: EngineEvent): boolean {
  switch (type) {
    case "run.cancel-requested":
    case "run.retry-requested":
    case "run.adopted":
    case "run.suspended":
    case "approval.answered":
    case "approval.given":
    // What was cut off, and what had ended, is recorded by whoever adopts or suspends the run.
    case "job.interrupted":
    case "lock.released":
    case "environment.frozen":
    case "environment.thawed":
    case "rollback.declined":
      return true;
    default:
      return false;
  }
}
