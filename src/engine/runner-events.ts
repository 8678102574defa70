import type { EngineEvent, SkipReason } from "./events.ts";
import { cancelSkip, stopMode } from "./policies/cancel.ts";
import { failFastSkip, matrixOf } from "./policies/matrix.ts";
import { nextAttemptAt } from "./policies/retry.ts";
import { afterPassing } from "./policies/verify.ts";
import type { Ended } from "./ports.ts";
import type { JobState, RunState, State } from "./state.ts";

/**
 * What a report of the runner means. Undefined when it is of no attempt that runs: reported twice, or late, or of an
 * attempt that has been given up. That is the fence against older attempts.
 */
export function eventOfReport(state: State, ended: Ended, now: number): EngineEvent | undefined {
  const job = state.attempts.get(ended.token);
  if (job === undefined) return undefined;
  const run = state.runs.get(job.run)!;
  const { result, durationMs, token } = ended;
  const attempt = { run: job.run, job: job.id, attempt: job.attempt, token, durationMs };
  switch (result.kind) {
    case "succeeded": {
      const after = afterPassing(run, job, now);
      if (after !== "passed" && "left" in after) return { type: "job.verified", ...attempt, ...after };
      if (after !== "passed") return { type: "job.cancelled", ...attempt, cause: after };
      return { type: "job.succeeded", ...attempt, outputs: result.outputs, artifacts: result.artifacts };
    }
    case "stopped": {
      const cause = causeOfStop(run, job);
      return { type: "job.cancelled", ...attempt, ...(cause !== undefined && { cause }) };
    }
    case "failed": {
      const failed = { type: "job.failed", ...attempt, failure: result.failure } as const;
      const retryAt = nextAttemptAt(run, job, now);
      return retryAt === undefined ? failed : { ...failed, retryAt };
    }
    default:
      return result satisfies never;
  }
}

/** Whoever had the running job stopped. */
function causeOfStop(run: RunState, job: JobState): SkipReason | undefined {
  if (run.cancel !== undefined && stopMode(run.cancel) !== undefined) return cancelSkip(run.cancel.by);
  const failed = matrixOf(run, job)?.failed;
  return failed === undefined || failed === job.id ? undefined : failFastSkip(failed);
}

/** What must be done in the world once an event is durable. A run that has finished since asks for nothing. */
export type Command = { kind: "start"; job: JobState } | { kind: "stop"; token: string; mode: "graceful" | "now" };

export function commandsAfter(state: State, event: EngineEvent): Command[] {
  switch (event.type) {
    case "job.started": {
      const job = state.attempts.get(event.token);
      return job === undefined ? [] : [{ kind: "start", job }];
    }
    case "run.cancel-requested": {
      const run = state.runs.get(event.run);
      const mode = run?.cancel === undefined ? undefined : stopMode(run.cancel);
      return run === undefined || mode === undefined ? [] : stopAll(run.list, mode);
    }
    // Another session took this attempt for the rest of one that is gone.
    case "job.interrupted":
      return [{ kind: "stop", token: event.token, mode: "now" }];
    case "job.failed":
    case "job.cancelled": {
      const run = state.runs.get(event.run);
      const matrix = run && matrixOf(run, run.jobs.get(event.job)!);
      return matrix?.failed === event.job ? stopAll(matrix.legs, "graceful") : [];
    }
    default:
      return [];
  }
}

function stopAll(jobs: readonly JobState[], mode: "graceful" | "now"): Command[] {
  return jobs.flatMap((job) => (job.status === "running" ? [{ kind: "stop", token: job.token!, mode } as const] : []));
}
