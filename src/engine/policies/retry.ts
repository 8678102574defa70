import type { JobId } from "../../plan/plan.ts";
import type { JobState, RunState } from "../state.ts";
import { matrixOf } from "./matrix.ts";

/**
 * When the next attempt of a job that has just failed may start, in milliseconds since the epoch; undefined when it has
 * failed for good. Nothing is tried again in a run that is being cancelled or beside a leg that failed fast.
 */
export function nextAttemptAt(run: RunState, job: JobState, now: number): number | undefined {
  const { attempts, delayMs, factor, maxDelayMs } = job.definition.retry;
  if (run.cancel !== undefined || job.tries >= attempts) return undefined;
  if (matrixOf(run, job)?.failed !== undefined) return undefined;
  return now + Math.min(maxDelayMs, delayMs * factor ** (job.tries - 1));
}

/**
 * The jobs that go back to waiting when somebody retries the finished run: all that did not succeed. Jobs that were not
 * needed are asked again beside others, but are no reason to retry.
 */
export function jobsToRetry(run: RunState): JobId[] {
  const undone = run.list.filter((job) => job.status !== "succeeded");
  return undone.every((job) => job.skipped?.code === "not-needed") ? [] : undone.map((job) => job.id);
}
