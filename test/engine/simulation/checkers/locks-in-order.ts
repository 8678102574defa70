import type { Ledger, LedgerJob, LedgerRun } from "../ledger.ts";
import type { Checker } from "./checker.ts";

/** Locks go to whoever asked first, and everybody who still asks gets one. */
export function locksInOrder(): Checker {
  const lines = new Map<string, string[]>();
  return {
    name: "locks in order",
    see(entry, ledger) {
      if (entry.kind === "quiet") return unserved(lines, ledger, entry.alive);
      if (entry.kind !== "durable") return undefined;
      const { event } = entry.recorded;
      if (event.type === "lock.acquired") {
        const line = lines.get(event.environment) ?? [];
        if (line[0] !== event.run) return `${event.run} got ${event.environment} before ${line[0]}, which asked first`;
        line.shift();
      }
      updateLines(lines, ledger, ledger.runs.get(event.run)!);
      return undefined;
    },
  };
}

function unserved(
  lines: ReadonlyMap<string, string[]>,
  ledger: Ledger,
  alive: ReadonlySet<string>,
): string | undefined {
  for (const [environment, line] of lines) {
    const first = ledger.runs.get(line[0] ?? "");
    // Whose Baton is gone gets nothing; that it holds up nobody is judged by another checker.
    if (first !== undefined && alive.has(first.owner ?? "") && !ledger.holders.has(environment))
      return `${line[0]} waits for ${environment}, which is free`;
  }
  return undefined;
}

function updateLines(lines: Map<string, string[]>, ledger: Ledger, run: LedgerRun): void {
  for (const environment of run.plan.environments) {
    const line = lines.get(environment) ?? [];
    lines.set(environment, line);
    const asks =
      ledger.holders.get(environment) !== run.id &&
      [...run.jobs.values()].some((job) => job.planned.environment === environment && asksForLock(run, job));
    const place = line.indexOf(run.id);
    if (asks && place === -1) line.push(run.id);
    if (!asks && place !== -1) line.splice(place, 1);
  }
}

function asksForLock(run: LedgerRun, job: LedgerJob): boolean {
  const wants = job.status === "new" || job.status === "interrupted" || job.status === "due";
  if (!job.definition.deploys || !wants || run.suspended || run.cancelled !== undefined) return false;
  const environment = job.planned.environment!;
  if (run.hasApproval(environment) && run.approvals.get(environment) !== "approved") return false;
  return run.turnHasCome(job);
}
