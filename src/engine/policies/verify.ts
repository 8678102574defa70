import type { JobVerified, SkipReason } from "../events.ts";
import type { JobState, RunState } from "../state.ts";
import { cancelSkip } from "./cancel.ts";
import { failFastSkip, matrixOf } from "./matrix.ts";

/** How often a job that verifies looks in all, the first time included: again and again until its bake time is over. */
export function looksOf({ definition: { verify } }: JobState): number {
  return verify === undefined ? 1 : 1 + Math.ceil(verify.forMs / verify.everyMs);
}

/**
 * What it means that an attempt has passed: that the job has; that it looks again later; or that it is given up, because
 * somebody cancelled the run or another leg failed before it had looked often enough to have passed.
 */
export function afterPassing(
  run: RunState,
  job: JobState,
  now: number,
): "passed" | SkipReason | Pick<JobVerified, "left" | "againAt"> {
  const left = (job.looksLeft ?? looksOf(job)) - 1;
  if (left === 0) return "passed";
  if (run.cancel !== undefined) return cancelSkip(run.cancel.by);
  const failed = matrixOf(run, job)?.failed;
  if (failed !== undefined) return failFastSkip(failed, job);
  return { left, againAt: now + job.definition.verify!.everyMs };
}
