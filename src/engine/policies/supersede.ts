import { changesEnvironment } from "../../model/changes-environment.ts";
import type { SkipReason } from "../events.ts";
import type { JobState, RunState, State } from "../state.ts";
import { environmentOf, takesLock } from "./lock.ts";

/**
 * An older release never overwrites a newer one. What counts is that the newer one began to deploy the pipeline there,
 * even if it failed. A promotion or rollback is meant for the environment as it was when somebody asked for it: whatever
 * else came there since, older or newer, ends it. Asked once the lock is held, when the answer cannot change.
 */
export function supersededBy(state: State, run: RunState, job: JobState): SkipReason | undefined {
  const name = job.planned.environment;
  if (name === undefined || !takesLock(job)) return undefined;
  const { newest, changed } = environmentOf(state, name);
  const other = changed?.run === run.id ? changed.before : changed;
  if (run.moves !== undefined && other !== undefined && other.seq > run.createdSeq) {
    const text = `run ${other.run} changed ${name} after this was asked for`;
    return { code: "superseded", because: `run ${other.run}`, text };
  }
  const { lockedSeq } = run.environments.get(name)!;
  // Who verifies looks at what its run left there, when it had the lock before.
  if (!changesEnvironment(job.definition) && lockedSeq !== undefined && (other?.seq ?? 0) > lockedSeq) {
    const text = `run ${other!.run} changed ${name} since this run was there`;
    return { code: "superseded", because: `run ${other!.run}`, text };
  }
  const newer = newest.get(job.planned.pipeline);
  if (newer === undefined || newer <= run.release) return undefined;
  const text = `release ${newer} of ${job.planned.pipeline} came to ${name} before this release ${run.release}`;
  return { code: "superseded", because: `release ${newer}`, text };
}

/** Called when a job starts that changes an environment. */
export function noteDeploying(state: State, run: RunState, job: JobState): void {
  if (!changesEnvironment(job.definition) || job.planned.environment === undefined) return;
  const { newest } = environmentOf(state, job.planned.environment);
  newest.set(job.planned.pipeline, Math.max(run.release, newest.get(job.planned.pipeline) ?? 0));
  noteChanged(state, run, job.planned.environment);
}

/** Another version is there from now on, or may be. Called while its event is folded in. */
export function noteChanged(state: State, run: RunState, environment: string): void {
  const there = environmentOf(state, environment);
  const before = there.changed?.run === run.id ? there.changed.before : there.changed;
  const other = before && { run: before.run, seq: before.seq };
  there.changed = { run: run.id, seq: state.seq + 1, ...(other !== undefined && { before: other }) };
}
