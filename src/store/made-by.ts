import type { JobSucceeded, RunCreated } from "../engine/events.ts";
import type { JobId, Made, MadeRelease, PlannedJob } from "../plan/plan.ts";

/** What a run made once for its release, from its plan and from those of its per-release jobs that ended well. */
export function madeBy({ plan, release }: RunCreated, ended: ReadonlyMap<JobId, JobSucceeded>): MadeRelease["jobs"] {
  const perRelease = plan.jobs.filter(({ environment }) => environment === undefined);
  const made: MadeRelease["jobs"] = {};
  for (const [name, legs] of Map.groupBy(perRelease, ({ pipeline, job }) => `${pipeline}.${job}`)) {
    const result = resultOf(legs, release, ended);
    if (result !== undefined) made[name] = result;
  }
  return made;
}

/**
 * Whether whoever looks for what was made finds it in the newer one, wherever the older one may have it: of the same commit,
 * definition and inputs, and with every job that the older one could have. That its files are kept is another question.
 */
export function standsFor({ commit, delivery, jobs }: MadeRelease, older: RunCreated): boolean {
  if (commit !== older.plan.change.commit || !isSame(delivery, older.delivery)) return false;
  return older.plan.jobs.every(({ environment, pipeline, job, inputs = {} }) => {
    return environment !== undefined || isSame(jobs[`${pipeline}.${job}`]?.inputs, inputs);
  });
}

/** As it was written: what is the same in another order only has to be read. */
const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

export function hasAllFiles({ jobs }: MadeRelease, isKept: (digest: string) => boolean): boolean {
  return Object.values(jobs).every(({ artifacts }) => Object.values(artifacts).every(({ digest }) => isKept(digest)));
}

/** Undefined unless every leg has one. */
function resultOf(
  legs: readonly PlannedJob[],
  release: number,
  ended: ReadonlyMap<JobId, JobSucceeded>,
): Made | undefined {
  const { inputs = {} } = legs[0]!;
  const whole: Made = { release, outputs: {}, artifacts: {}, inputs };
  for (const { id, decision, reused } of legs) {
    const source = decision === "run" ? ended.get(id) : decision === "reuse" ? reused : undefined;
    if (source === undefined) return undefined;
    if (decision === "reuse") whole.release = reused!.release;
    Object.assign(whole.outputs, source.outputs);
    Object.assign(whole.artifacts, source.artifacts);
  }
  return whole;
}
