import type { LedgerJob } from "../ledger.ts";
import type { Checker } from "./checker.ts";

/** Of the processes that are really there: a run's parallel, a matrix's maxParallel, a group's limit over all runs. */
export function limits(): Checker {
  const alive = new Map<string, LedgerJob>();
  return {
    name: "limits",
    see(entry, ledger) {
      if (entry.kind === "gone") alive.delete(entry.token);
      if (entry.kind !== "process") return undefined;
      const run = ledger.runs.get(entry.launch.run);
      const job = run?.jobs.get(entry.launch.job);
      if (run === undefined || job === undefined) return undefined;
      alive.set(entry.launch.token, job);
      const all = [...alive.values()];
      const inRun = all.filter((each) => each.run === run);
      if (inRun.length > run.parallel) return `${inRun.length} jobs of ${run.id} run, of ${run.parallel}`;
      const maxParallel = job.definition.matrix?.maxParallel ?? Number.POSITIVE_INFINITY;
      const legs = inRun.filter((each) => isLegOfSame(each, job)).length;
      if (legs > maxParallel) return `${legs} legs of ${job.planned.id} run, of ${maxParallel}`;
      const limit = job.definition.concurrency?.limit;
      if (limit === undefined) return undefined;
      const inGroup = all.filter((each) => groupOf(each) === groupOf(job)).length;
      return inGroup > limit ? `${inGroup} jobs of group "${groupOf(job)}" run, of ${limit}` : undefined;
    },
  };
}

function isLegOfSame(a: LedgerJob, b: LedgerJob): boolean {
  const [one, other] = [a.planned, b.planned];
  return one.pipeline === other.pipeline && one.job === other.job && one.environment === other.environment;
}

/** The generator makes two kinds of group names. */
export function groupOf({ definition, planned }: LedgerJob): string | undefined {
  const group = definition.concurrency?.group;
  return Array.isArray(group) ? `for ${planned.environment ?? ""}` : (group as string | undefined);
}
