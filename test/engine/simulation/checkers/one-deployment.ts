import { changesThere } from "../ledger.ts";
import type { Checker } from "./checker.ts";

/** One deployment per environment at a time: in the journal and among the processes that are really there. */
export function oneDeployment(): Checker {
  const deploying = new Map<string, { run: string; environment: string }>();
  const holders = new Map<string, string>();
  return {
    name: "one deployment",
    see(entry, ledger) {
      if (entry.kind === "gone") deploying.delete(entry.token);
      if (entry.kind === "process") {
        const { run, job, token } = entry.launch;
        const found = ledger.runs.get(run)?.jobs.get(job);
        const environment = found?.planned.environment;
        if (!found || !changesThere(found.definition) || environment === undefined) return undefined;
        if (ledger.holders.get(environment) !== run)
          return `${job} of ${run} deploys to ${environment} without its lock`;
        for (const other of deploying.values()) {
          if (other.environment === environment && other.run !== run)
            return `${run} and ${other.run} deploy to ${environment}`;
        }
        deploying.set(token, { run, environment });
      }
      if (entry.kind !== "durable") return undefined;
      const { event } = entry.recorded;
      if (event.type === "lock.acquired") {
        const holder = holders.get(event.environment);
        if (holder !== undefined) return `${event.run} took the lock of ${event.environment} from ${holder}`;
        holders.set(event.environment, event.run);
      }
      if (event.type === "run.suspended") {
        for (const [environment, holder] of holders) if (holder === event.run) holders.delete(environment);
      }
      if (event.type === "lock.released") {
        const run = ledger.runs.get(event.run)!;
        const open = [...run.jobs.values()].find((job) => job.planned.environment === event.environment && !job.ended);
        if (open !== undefined)
          return `${event.run} gave up ${event.environment} while ${open.planned.id} had not ended`;
        holders.delete(event.environment);
      }
      return undefined;
    },
  };
}
