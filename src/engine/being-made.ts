import type { JobId, Plan } from "../plan/plan.ts";
import type { Recorded, RunId } from "./events.ts";
import type { Orphans } from "./orphans.ts";
import { EngineRefusal } from "./refusal.ts";
import { hasEnded, type RunState, type State } from "./state.ts";

/** A run that is at it, and which of the jobs in question it has still to end. */
export interface Maker {
  run: RunId;
  jobs: JobId[];
}

/** What is made once for a release, and by whom: so that several who want the same of the same files make it once. */
export class Making {
  readonly #state: State;
  readonly #orphans: Orphans;
  /** When something was last made, by commit. Only of what was folded here. */
  readonly #lastSeq = new Map<string, number>();

  constructor(state: State, orphans: Orphans) {
    this.#state = state;
    this.#orphans = orphans;
  }

  /** To be told of every event, before it is folded. */
  note({ seq, event }: Recorded): void {
    if (event.type !== "job.succeeded") return;
    const run = this.#state.runs.get(event.run);
    if (run === undefined || run.jobs.get(event.job)?.planned.environment !== undefined) return;
    this.#lastSeq.set(run.plan.change.commit, seq);
  }

  /** Who is just making, of the same files, what this plan would make. */
  maker(plan: Plan): Maker | undefined {
    return makerOf(this.#state, plan, (run) => this.#orphans.has(run));
  }

  /** When something was last made of these files, 0 if nothing was. @throws {EngineRefusal} `being-made` */
  lastSeq(plan: Plan): number {
    const maker = this.maker(plan);
    if (maker === undefined) return this.#lastSeq.get(plan.change.commit) ?? 0;
    const { run, jobs } = maker;
    const text = `run ${run} is just making ${jobs.join(", ")} of these files`;
    throw new EngineRefusal("being-made", { subject: run, known: jobs, text });
  }
}

/**
 * Who is just making, of the same files and with the same inputs, what this plan would make once for its release. A run that
 * rests, or that nobody goes on with, makes nothing.
 */
function makerOf(state: State, plan: Plan, isOrphan: (run: RunId) => boolean): Maker | undefined {
  const wanted = new Map<JobId, string>();
  for (const { id, environment, decision, reason, inputs } of plan.jobs) {
    if (environment !== undefined || decision !== "run" || reason.code === "forced") continue;
    wanted.set(id, textOf(inputs));
  }
  if (wanted.size === 0) return undefined;
  for (const run of state.runs.values()) {
    if (!isAtWork(run) || run.plan.change.commit !== plan.change.commit || isOrphan(run.id)) continue;
    const inputsOf = new Map(run.plan.jobs.map(({ id, inputs }) => [id, textOf(inputs)]));
    const jobs = [...wanted].flatMap(([id, inputs]) => {
      const job = run.jobs.get(id);
      return job === undefined || hasEnded(job) || inputsOf.get(id) !== inputs ? [] : [id];
    });
    if (jobs.length > 0) return { run: run.id, jobs };
  }
  return undefined;
}

const isAtWork = ({ finished, cancel, running, backingOff }: RunState): boolean =>
  finished === undefined && cancel === undefined && running + backingOff > 0;

/** Names in one order. */
const textOf = (inputs: Record<string, string> = {}) =>
  JSON.stringify(Object.entries(inputs).sort(([one], [other]) => (one < other ? -1 : 1)));
