import type { Checker } from "./checker.ts";

/**
 * Where what fails is to be taken back, nobody deploys before a rollback did, somebody retried it, or it was declined; and no
 * rollback goes without being asked about that takes back nothing.
 */
export function failuresGoBack(): Checker {
  return {
    name: "failures go back",
    see(entry, ledger) {
      if (entry.kind !== "durable") return undefined;
      const before = ledger.owedBefore;
      const { event } = entry.recorded;
      if (event.type === "run.created" && event.unasked) {
        const isOwed = event.plan.environments.some((name) => before.get(name) === event.undoes);
        return isOwed && event.plan.change.event === "rollback" ? undefined : `${event.run} goes unasked, for nothing`;
      }
      if (event.type !== "lock.acquired") return undefined;
      const failed = before.get(event.environment);
      const isBack = ledger.runs.get(event.run)!.plan.change.event === "rollback";
      if (failed === undefined || failed === event.run || isBack) return undefined;
      return `${event.run} deploys to ${event.environment}, where ${failed} is to be taken back`;
    },
  };
}
