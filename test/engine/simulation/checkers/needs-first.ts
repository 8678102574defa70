import type { Checker } from "./checker.ts";

/** No process begins before the journal says that everything before it has ended, and ended well where it gates. */
export function needsFirst(): Checker {
  return {
    name: "needs first",
    see(entry, ledger) {
      if (entry.kind !== "process") return undefined;
      const { run: id, job: jobId } = entry.launch;
      const run = ledger.runs.get(id);
      const job = run?.jobs.get(jobId);
      if (run === undefined || job === undefined) return `${jobId} began, but the journal knows no such job`;
      for (const before of run.allBefore(job.planned)) {
        if (!before.ended) return `${jobId} of ${id} began before ${before.planned.id} had ended`;
      }
      return run.turnHasCome(job) ? undefined : `${jobId} of ${id} began although its gates do not hold`;
    },
  };
}
