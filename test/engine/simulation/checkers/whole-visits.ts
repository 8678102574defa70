import type { Ledger, LedgerRun } from "../ledger.ts";

/** Since when releases were in an environment, when they were there as a whole: of each the last time. */
export class WholeVisits {
  /** By environment and release. */
  readonly #whole = new Map<string, number>();
  /** By environment: whose visit it is, and since when. */
  readonly #visits = new Map<string, { run: string; seq: number }>();

  since(environment: string, release: number): number | undefined {
    return this.#whole.get(`${environment} ${release}`);
  }

  /** A job of the run changes the environment. */
  note(run: LedgerRun, environment: string, seq: number): void {
    if (this.#visits.get(environment)?.run !== run.id) this.#visits.set(environment, { run: run.id, seq });
  }

  /** The run has told what it deployed there. */
  told(run: LedgerRun, environment: string, ledger: Ledger): void {
    const visit = this.#visits.get(environment);
    if (visit?.run !== run.id) return;
    const told = ledger.deployed.get(environment);
    const goes = run.plan.pipelines.filter((one) => one.environment === environment && one.decision === "run");
    if (!goes.every(({ pipeline }) => told?.get(pipeline)?.release === run.release)) return;
    this.#whole.set(`${environment} ${run.moves ?? run.release}`, visit.seq);
  }
}
