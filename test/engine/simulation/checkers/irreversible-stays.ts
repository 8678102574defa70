import type { LedgerRun } from "../ledger.ts";
import type { Checker } from "./checker.ts";
import { WholeVisits } from "./whole-visits.ts";

/**
 * Nothing goes back by itself past what cannot be undone: since the release that it goes back to was there as a whole the last time,
 * no job of another one that says so has begun, however many rollbacks failed in between.
 */
export function irreversibleStays(): Checker {
  const visits = new WholeVisits();
  /** By environment: what cannot be undone, when it began. */
  const begun = new Map<string, { release: number; job: string; seq: number }[]>();

  return {
    name: "irreversible stays",
    see(entry, ledger) {
      if (entry.kind !== "durable") return undefined;
      const { event, seq } = entry.recorded;
      const run = ledger.runs.get(event.run);
      if (run === undefined) return undefined;
      if (event.type === "run.created" && event.unasked) return goesBackPast(run);
      if (event.type === "lock.released") visits.told(run, event.environment, ledger);
      if (event.type === "run.finished") for (const name of run.plan.environments) visits.told(run, name, ledger);
      if (event.type !== "job.started") return undefined;
      const { planned, definition } = run.jobs.get(event.job)!;
      const { environment } = planned;
      if (environment === undefined || !(definition.deploys || planned.undoes !== undefined)) return undefined;
      visits.note(run, environment, seq);
      if (definition.irreversible === undefined || run.plan.change.event === "rollback") return undefined;
      const there = begun.get(environment) ?? [];
      begun.set(environment, [...there, { release: run.moves ?? run.release, job: planned.id, seq }]);
      return undefined;
    },
  };

  function goesBackPast(run: LedgerRun): string | undefined {
    const [environment] = run.plan.environments as [string];
    const since = visits.since(environment, run.moves!) ?? 0;
    const past = (begun.get(environment) ?? []).find((one) => one.seq > since && one.release !== run.moves);
    return past && `${run.id} goes back by itself to release ${run.moves} past ${past.job} of release ${past.release}`;
  }
}
