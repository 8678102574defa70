import type { Ledger } from "../ledger.ts";
import type { Checker } from "./checker.ts";

/**
 * Nothing goes on that did not pass: before a promotion deploys anything, every job of its release has passed in all that comes
 * right before, or the release came there by another promotion that did.
 */
export function movesWhatPassed(): Checker {
  return {
    name: "moves what passed",
    see(entry, ledger) {
      if (entry.kind !== "process") return undefined;
      const run = ledger.runs.get(entry.launch.run);
      const environment = run?.jobs.get(entry.launch.job)?.planned.environment;
      if (run?.moves === undefined || environment === undefined || run.plan.change.event !== "promotion")
        return undefined;
      const before = run.delivery.environments.find(({ name }) => name === environment)?.after ?? [];
      const open = before.find((name) => !hasPassed(ledger, run.moves!, name));
      return open && `${entry.launch.job} of ${run.id} promotes release ${run.moves}, which has not passed ${open}`;
    },
  };
}

function hasPassed(ledger: Ledger, release: number, environment: string): boolean {
  return [...ledger.runs.values()].some((run) => {
    const isIt = run.moves === undefined ? run.release === release : run.moves === release;
    if (!isIt || run.plan.change.event === "rollback" || !run.plan.environments.includes(environment)) return false;
    const runs = new Set(
      run.plan.pipelines.flatMap((one) =>
        one.environment === environment && one.decision === "run" ? [one.pipeline] : [],
      ),
    );
    return [...run.jobs.values()].every(({ planned, passed }) => {
      const isThere = planned.environment === undefined || planned.environment === environment;
      return !isThere || !runs.has(planned.pipeline) || passed;
    });
  });
}
