import type { SkipReason } from "../../../../src/engine/events.ts";
import type { Ledger, LedgerJob } from "../ledger.ts";
import type { Checker } from "./checker.ts";

/** Nothing is left out without need: what a skip names as its cause is so, by the journal alone. */
export function skipsAreTrue(): Checker {
  return {
    name: "skips are true",
    see(entry, ledger) {
      if (entry.kind !== "durable" || entry.recorded.event.type !== "job.skipped") return undefined;
      const { event } = entry.recorded;
      const job = ledger.runs.get(event.run)!.jobs.get(event.job)!;
      const wrong = whatIsWrong(ledger, job, event);
      return wrong && `${event.job} of ${event.run} is skipped (${event.code}: ${event.text}), but ${wrong}`;
    },
  };
}

/** A person is asked about an environment as a whole: what comes before any of it comes before all of it. */
function comesBefore(cause: LedgerJob, job: LedgerJob): boolean {
  const { run } = job;
  const seen = new Set([job]);
  for (const one of seen) {
    for (const before of run.allBefore(one.planned)) seen.add(before);
    const { environment } = one.planned;
    if (environment === undefined || !run.hasApproval(environment)) continue;
    for (const beside of run.jobs.values()) if (beside.planned.environment === environment) seen.add(beside);
  }
  return seen.has(cause);
}

/** With the cause that is named; undefined: it is so. */
export function whatIsWrong(ledger: Ledger, job: LedgerJob, { code, because }: SkipReason): string | undefined {
  const { run, planned, definition } = job;
  switch (code) {
    case "gate": {
      const cause = run.jobs.get(because);
      if (cause === undefined || !comesBefore(cause, job)) return `${because} does not come before it`;
      return !cause.ended || run.endedWell(because) ? `${because} is ${cause.status}` : undefined;
    }
    case "not-needed": {
      if (definition.runsAfter !== "failure") return "it does not wait for a failure";
      const failed = planned.after.find((id) => {
        const before = run.jobs.get(id);
        return before?.status === "failed" && !before.definition.continueOnFailure;
      });
      return failed && `${failed} failed`;
    }
    case "fail-fast": {
      if (definition.matrix?.failFast === false) return "its legs do not stop one another";
      const leg = run.otherLegs(job).find((each) => each.planned.id === because);
      return leg?.status === "failed" || leg?.status === "cancelled" ? undefined : `${because} is ${leg?.status}`;
    }
    case "superseded": {
      if (because.startsWith("run ")) {
        const left = run.wasThere(planned.environment!);
        const verifies = definition.verify !== undefined && left !== undefined;
        if (run.moves === undefined && !verifies)
          return "it is no promotion or rollback, and verifies nothing of before";
        const since = run.moves === undefined ? left! : run.createdSeq;
        const changes = ledger.changes.get(planned.environment!) ?? [];
        const isSo = changes.some(({ run: by, seq }) => `run ${by}` === because && seq > since && by !== run.id);
        return isSo ? undefined : `${because} changed nothing there since`;
      }
      const began = ledger.deploying.get(`${planned.pipeline}@${planned.environment}`);
      const release = Number(because.slice("release ".length));
      if (release <= run.release) return `${because} is not newer`;
      return began?.has(release) === true ? undefined : `${because} never began there`;
    }
    case "not-approved": {
      const answer = run.approvals.get(because);
      return answer === "rejected" || answer === "expired" ? undefined : `the approval of ${because} is ${answer}`;
    }
    case "cancelled":
      return run.cancelledBy.has(because) ? undefined : `${because} did not cancel it`;
    default:
      return code satisfies never;
  }
}
