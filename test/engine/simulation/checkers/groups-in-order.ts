import { changesThere, type LedgerJob, type LedgerRun } from "../ledger.ts";
import type { Checker } from "./checker.ts";
import { groupOf } from "./limits.ts";

/**
 * In a group of one, those who only wait for the group go in the order in which their turn came, over all runs. (Jobs that
 * also wait for a lock, a person or another leg come to the group later, so they are not judged here.)
 */
export function groupsInOrder(): Checker {
  const lines = new Map<string, Place[]>();
  return {
    name: "groups in order",
    see(entry, ledger) {
      if (entry.kind !== "durable") return undefined;
      const { event } = entry.recorded;
      if (event.run === "") return undefined;
      const run = ledger.runs.get(event.run)!;
      if (event.type === "job.started") {
        const job = run.jobs.get(event.job)!;
        const line = lines.get(groupOf(job) ?? "") ?? [];
        const place = line.find((each) => each.job === job);
        const [first] = line;
        // Those whose turn came with the same event may go in any order.
        if (job.definition.concurrency?.limit === 1 && place !== undefined && first!.since < place.since) {
          return `${event.job} of ${run.id} overtook ${first!.job.planned.id} of ${first!.job.run.id}`;
        }
      }
      updateLines(lines, run, entry.recorded.seq);
      return undefined;
    },
  };
}

interface Place {
  job: LedgerJob;
  since: number;
}

function updateLines(lines: Map<string, Place[]>, run: LedgerRun, seq: number): void {
  for (const job of run.jobs.values()) {
    if (!hasOnlyGroup(job)) continue;
    const group = groupOf(job)!;
    const line = lines.get(group) ?? [];
    lines.set(group, line);
    const asks = job.status === "new" && run.cancelled === undefined && !run.suspended && run.turnHasCome(job);
    const place = line.findIndex((each) => each.job === job);
    if (asks && place === -1) line.push({ job, since: seq });
    if (!asks && place !== -1) line.splice(place, 1);
  }
}

function hasOnlyGroup({ definition, planned, run }: LedgerJob): boolean {
  const { concurrency, verify } = definition;
  if (concurrency === undefined || changesThere(definition) || verify !== undefined || planned.matrix !== undefined)
    return false;
  return planned.environment === undefined || !run.hasApproval(planned.environment);
}
