import type { LedgerRun } from "../ledger.ts";
import type { Checker } from "./checker.ts";

/**
 * No lock is held while waiting for a person: not the lock of the environment that is asked about, and no other by a run
 * that can do nothing until it is answered. And nothing of an environment begins before it was approved.
 */
export function noLockWhileAsking(): Checker {
  return {
    name: "no lock while asking",
    see(entry, ledger) {
      if (entry.kind === "process") {
        const run = ledger.runs.get(entry.launch.run);
        const environment = run?.jobs.get(entry.launch.job)?.planned.environment;
        if (run === undefined || environment === undefined || !run.hasApproval(environment)) return undefined;
        const answer = run.approvals.get(environment);
        return answer === "approved"
          ? undefined
          : `${entry.launch.job} began, and the approval is ${answer ?? "not asked for"}`;
      }
      if (entry.kind === "quiet") {
        for (const [environment, holder] of ledger.holders) {
          const run = ledger.runs.get(holder)!;
          // What a Baton has left when it went is nobody's to judge but whoever needs it.
          if (entry.alive.has(run.owner ?? "") && asks(run) && isIdle(run))
            return `${holder} waits for a person and holds the lock of ${environment}`;
        }
        return undefined;
      }
      if (entry.kind !== "durable") return undefined;
      const { event } = entry.recorded;
      if (event.type !== "approval.requested" && event.type !== "lock.acquired") return undefined;
      const run = ledger.runs.get(event.run)!;
      if (run.approvals.get(event.environment) === "requested" && ledger.holders.get(event.environment) === run.id) {
        return `${event.run} holds the lock of ${event.environment} while a person is asked about it`;
      }
      return event.type === "approval.requested" ? askedTooEarly(run, event.environment) : undefined;
    },
  };
}

/** A person is asked only when everything before the environment has ended. */
function askedTooEarly(run: LedgerRun, environment: string): string | undefined {
  for (const job of run.jobs.values()) {
    if (job.planned.environment !== environment) continue;
    for (const before of run.allBefore(job.planned)) {
      if (before.planned.environment !== environment && !before.ended) {
        return `${environment} is asked about before ${before.planned.id} has ended`;
      }
    }
  }
  return undefined;
}

function asks(run: LedgerRun): boolean {
  return [...run.approvals.values()].includes("requested");
}

function isIdle(run: LedgerRun): boolean {
  return [...run.jobs.values()].every(
    (job) =>
      job.ended ||
      (job.status === "new" &&
        !(run.turnHasCome(job) && run.approvals.get(job.planned.environment ?? "") !== "requested")),
  );
}
