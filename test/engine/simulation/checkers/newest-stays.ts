import { changesThere } from "../ledger.ts";
import type { Checker } from "./checker.ts";

/** An older release never overwrites a newer one, be it moved back: that is a new run; and the history never goes back. */
export function newestStays(): Checker {
  const newest = new Map<string, number>();
  const deployed = new Map<string, number>();
  return {
    name: "newest stays",
    see(entry, ledger) {
      if (entry.kind === "quiet") {
        for (const [environment, pipelines] of Object.entries(entry.state.deployed)) {
          for (const [pipeline, { release }] of Object.entries(pipelines)) {
            const key = `${pipeline}@${environment}`;
            if (release < (deployed.get(key) ?? 0)) return `the history of ${key} went back to ${release}`;
            deployed.set(key, release);
          }
        }
        return undefined;
      }
      if (entry.kind !== "process") return undefined;
      const run = ledger.runs.get(entry.launch.run);
      const job = run?.jobs.get(entry.launch.job);
      if (run === undefined || job === undefined || !changesThere(job.definition)) return undefined;
      const key = `${job.planned.pipeline}@${job.planned.environment}`;
      const last = newest.get(key) ?? 0;
      if (last > run.release) return `release ${run.release} overwrites release ${last} of ${key}`;
      newest.set(key, Math.max(last, run.release));
      return undefined;
    },
  };
}
