import type { LedgerJob } from "../ledger.ts";
import type { Checker } from "./checker.ts";

/** What a rollback undoes goes by release, whatever pipeline it is of: the newest first, and in each whoever needs before whom it needs. */
export function undoesInOrder(): Checker {
  return {
    name: "undoes in order",
    see(entry, ledger) {
      if (entry.kind !== "durable") return undefined;
      const { event } = entry.recorded;
      const run = ledger.runs.get(event.run);
      const job = event.type === "job.started" ? run?.jobs.get(event.job) : undefined;
      if (run === undefined || job?.planned.undoes === undefined) return undefined;
      const others = [...run.jobs.values()].filter((one) => one !== job && one.planned.undoes !== undefined);
      const early = others.find((one) => one.status !== "succeeded" && comesFirst(one, job));
      return early && `${job.planned.id} of ${run.id} began before ${early.planned.id} had succeeded`;
    },
  };
}

/** Of two that undo. */
function comesFirst(one: LedgerJob, other: LedgerJob): boolean {
  const [mine, theirs] = [one.planned.undoes!.release, other.planned.undoes!.release];
  if (mine !== theirs) return mine > theirs;
  if (one.planned.pipeline === other.planned.pipeline) return other.definition.needs.includes(one.planned.job);
  const pipelines = new Map(one.run.delivery.pipelines.map((each) => [each.name, each]));
  return pipelines.get(one.planned.pipeline)!.needs.includes(other.planned.pipeline);
}
