import type { LedgerJob, LedgerRun } from "../ledger.ts";
import type { Checker } from "./checker.ts";
import { WholeVisits } from "./whole-visits.ts";

/** A release that began to deploy a pipeline somewhere, and when. */
interface Layer {
  release: number;
  seq: number;
}

/**
 * A rollback undoes, of every pipeline that it brings back and that says how, all that came upon the release which it goes back
 * to, and nothing else; nothing is deployed before all of it has succeeded.
 */
export function undoesFirst(): Checker {
  /** What lies upon each other, by `pipeline@environment`. */
  const layers = new Map<string, Layer[]>();
  const visits = new WholeVisits();

  return {
    name: "undoes first",
    see(entry, ledger) {
      if (entry.kind !== "durable") return undefined;
      const { event, seq } = entry.recorded;
      const run = ledger.runs.get(event.run);
      if (run === undefined) return undefined;
      if (event.type === "run.created") return createdRight(run);
      if (event.type === "job.started") return started(run, run.jobs.get(event.job)!, seq);
      if (event.type === "lock.released") visits.told(run, event.environment, ledger);
      if (event.type === "run.finished") for (const name of run.plan.environments) visits.told(run, name, ledger);
      return undefined;
    },
  };

  function createdRight(run: LedgerRun): string | undefined {
    if (run.plan.change.event !== "rollback") return undefined;
    const [environment] = run.plan.environments as [string];
    const since = visits.since(environment, run.moves!);
    if (since === undefined) return undefined;
    const expected = run.plan.pipelines.flatMap(({ pipeline, decision }) => {
      const jobs = run.delivery.pipelines.find(({ name }) => name === pipeline)!.jobs;
      const undoing = Object.keys(jobs).filter((name) => jobs[name]!.undo);
      const upon = (layers.get(`${pipeline}@${environment}`) ?? []).filter((one) => one.seq > since);
      const others = upon.filter(({ release }) => release !== run.moves);
      return decision === "run"
        ? others.flatMap(({ release }) => undoing.map((job) => `${pipeline}.${job} ${release}`))
        : [];
    });
    const planned = [...run.jobs.values()].flatMap(({ planned: { pipeline, job, undoes } }) =>
      undoes === undefined ? [] : [`${pipeline}.${job} ${undoes.release}`],
    );
    if (expected.sort().join() === planned.sort().join()) return undefined;
    return `${run.id} goes back to release ${run.moves} in ${environment} and undoes ${planned.join(", ") || "nothing"}, not ${expected.join(", ") || "nothing"}`;
  }

  function started(run: LedgerRun, job: LedgerJob, seq: number): string | undefined {
    const { environment, pipeline, undoes } = job.planned;
    if (environment === undefined) return undefined;
    const there = [...run.jobs.values()].filter(({ planned }) => planned.environment === environment);
    const open = there.filter(({ planned, status }) => planned.undoes !== undefined && status !== "succeeded");
    const [early] = undoes === undefined ? open : [];
    if (early !== undefined) return `${job.planned.id} of ${run.id} began before ${early.planned.id} had succeeded`;
    if (!job.definition.deploys && undoes === undefined) return undefined;
    visits.note(run, environment, seq);
    if (undoes !== undefined) return undefined;
    const key = `${pipeline}@${environment}`;
    const upon = layers.get(key) ?? [];
    layers.set(key, upon);
    const release = run.moves ?? run.release;
    const at = upon.findLastIndex((one) => one.release === release);
    if (run.plan.change.event === "rollback") {
      // What it brings back may have come there with another run, so that it is no layer of its own.
      const since = visits.since(environment, release) ?? 0;
      upon.length = at === -1 ? upon.filter((one) => one.seq <= since).length : at + 1;
    } else if (at === -1) upon.push({ release, seq });
    return undefined;
  }
}
