import { changesThere } from "../ledger.ts";
import type { Checker } from "./checker.ts";

/**
 * A promotion or rollback was planned for an environment as it was, and what it leaves there is the very set that was asked
 * for: no job of it deploys when somebody else has changed the environment before it had the lock.
 */
export function movesAsAsked(): Checker {
  return {
    name: "moves as asked",
    see(entry, ledger) {
      if (entry.kind !== "process") return undefined;
      const run = ledger.runs.get(entry.launch.run);
      const job = run?.jobs.get(entry.launch.job);
      if (run === undefined || run.moves === undefined || job === undefined || !changesThere(job.definition))
        return undefined;
      const { environment } = job.planned;
      const other = ledger.changedSince(run, environment!);
      return (
        other && `${entry.launch.job} of ${run.id} began, and ${other} changed ${environment} since it was asked for`
      );
    },
  };
}
