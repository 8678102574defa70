import { changesThere, type Ledger, type LedgerJob, type LedgerRun } from "../ledger.ts";
import type { Checker } from "./checker.ts";

/** Locks go to whoever asked first and may have one just now, and everybody who still asks gets one. */
export function locksInOrder(): Checker {
  const lines = new Map<string, string[]>();
  return {
    name: "locks in order",
    see(entry, ledger) {
      if (entry.kind === "quiet") return unserved(lines, ledger, entry.alive);
      if (entry.kind !== "durable") return undefined;
      const { event, at } = entry.recorded;
      if (event.run === "") return undefined;
      if (event.type === "lock.acquired") {
        const line = lines.get(event.environment) ?? [];
        const mayHave = (run: string) =>
          !ledger.isHeldUp(run, event.environment, at) && !ledger.standsBehind(run, event.environment, "before");
        const first = line.find(mayHave);
        if (first !== event.run) return `${event.run} got ${event.environment} before ${first}, which asked first`;
        line.splice(line.indexOf(event.run), 1);
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
    // A freeze that is over, and a window that opens, is noticed within a minute, as the clock may have been set: whether it is, `settles` judges.
    const isFree = (run: string) => !ledger.standsBehind(run, environment, "now");
    const next = ledger.freezes.has(environment) ? undefined : line.find(isFree);
    const first = ledger.runs.get(next ?? "");
    if (first?.delivery.environments.some(({ name, windows }) => name === environment && windows)) continue;
    // Whose Baton is gone gets nothing; that it holds up nobody is judged by another checker.
    if (first !== undefined && alive.has(first.owner ?? "") && !ledger.holders.has(environment))
      return `${next} waits for ${environment}, which is free`;
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
    if (asks && place === -1 && run.undoes !== undefined) line.unshift(run.id);
    else if (asks && place === -1) line.push(run.id);
    if (!asks && place !== -1) line.splice(place, 1);
  }
}

function asksForLock(run: LedgerRun, job: LedgerJob): boolean {
  const wants = job.status === "new" || job.status === "interrupted" || job.status === "due";
  const { verify } = job.definition;
  if ((!changesThere(job.definition) && verify === undefined) || !wants || run.suspended || run.cancelled !== undefined)
    return false;
  const environment = job.planned.environment!;
  if (run.hasApproval(environment) && run.approvals.get(environment) !== "approved") return false;
  return run.turnHasCome(job);
}
