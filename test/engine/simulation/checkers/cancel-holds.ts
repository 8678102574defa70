import type { Checker } from "./checker.ts";

/** After a cancel nothing new begins until somebody retries; `now` also stops all that runs. */
export function cancelHolds(): Checker {
  const toStop = new Map<string, string>();
  return {
    name: "cancel holds",
    see(entry, ledger) {
      if (entry.kind === "stop") toStop.delete(entry.token);
      // What ran under a Baton that is gone is ended by whoever adopts its run.
      if (entry.kind === "crashed" || entry.kind === "stopped" || entry.kind === "closed") {
        for (const [token, run] of toStop) if (ledger.runs.get(run)!.lastOwner === entry.session) toStop.delete(token);
      }
      if (entry.kind === "gone") toStop.delete(entry.token);
      if (entry.kind === "quiet") {
        for (const [token, run] of toStop) return `${run} was cancelled at once, and ${token} was not stopped`;
      }
      if (entry.kind !== "durable") return undefined;
      const { event } = entry.recorded;
      if (event.run === "") return undefined;
      const run = ledger.runs.get(event.run)!;
      if (event.type === "job.started" && run.cancelled !== undefined)
        return `${event.job} started in ${event.run}, which is cancelled`;
      if (event.type === "run.cancel-requested" && event.mode === "now") {
        for (const job of run.jobs.values()) if (job.status === "running") toStop.set(job.token!, run.id);
      }
      if ("token" in event) toStop.delete(event.token);
      return undefined;
    },
  };
}
