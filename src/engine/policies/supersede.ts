import type { JobState, RunState, SkipReason, State } from "../state.ts";
import { environmentOf } from "./lock.ts";

/**
 * An older release never overwrites a newer one. What counts is that the newer one began to deploy the pipeline there,
 * even if it failed. A rollback says that it wants the older one. Asked once the lock is held, when the answer cannot change.
 */
export function supersededBy(state: State, run: RunState, job: JobState): SkipReason | undefined {
  const name = job.planned.environment;
  if (!job.definition.deploys || name === undefined || run.rollbackTo !== undefined) return undefined;
  const newest = environmentOf(state, name).newest.get(job.planned.pipeline);
  if (newest === undefined || newest <= run.release) return undefined;
  const text = `release ${newest} of ${job.planned.pipeline} came to ${name} before this release ${run.release}`;
  return { code: "superseded", because: `release ${newest}`, text };
}

/** Called when a deploying job starts. */
export function noteDeploying(state: State, run: RunState, job: JobState): void {
  if (!job.definition.deploys || job.planned.environment === undefined) return;
  const { newest } = environmentOf(state, job.planned.environment);
  newest.set(job.planned.pipeline, Math.max(run.release, newest.get(job.planned.pipeline) ?? 0));
}
