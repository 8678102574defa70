import type { JobId, Plan } from "../plan/plan.ts";
import type { RunId } from "./events.ts";
import { hasEnded, type RunState, type State } from "./state.ts";

/** A run that is at it, and which of the jobs in question it has still to end. */
export interface Maker {
  run: RunId;
  jobs: JobId[];
}

/**
 * Who is just making, of the same files and with the same inputs, what this plan would make once for its release. A run that
 * rests, or that nobody goes on with, makes nothing.
 */
export function makerOf(state: State, plan: Plan, isOrphan: (run: RunId) => boolean): Maker | undefined {
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
