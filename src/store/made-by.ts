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
