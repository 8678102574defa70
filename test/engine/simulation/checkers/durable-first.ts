import { changesThere } from "../ledger.ts";
import type { Checker } from "./checker.ts";

/** What cannot be taken back begins only when its start is durable: a deployment, and what takes a place in a group. */
export function durableFirst(): Checker {
  const started = new Set<string>();
  return {
    name: "durable first",
    see(entry, ledger) {
      if (entry.kind === "durable" && entry.recorded.event.type === "job.started") {
        started.add(entry.recorded.event.token);
      }
      if (entry.kind !== "process") return undefined;
      const { run, job, token } = entry.launch;
      const definition = ledger.runs.get(run)?.jobs.get(job)?.definition;
      const isRepeatable =
        definition !== undefined && !changesThere(definition) && definition.concurrency === undefined;
      return isRepeatable || started.has(token) ? undefined : `${job} of ${run} began before its start was durable`;
    },
  };
}
