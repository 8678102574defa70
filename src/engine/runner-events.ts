import { changesEnvironment } from "../model/changes-environment.ts";
import type { EngineEvent, Failure, JobFailed, JobInterrupted, SkipReason } from "./events.ts";
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
    case "lost": {
      const failure = lossThatCounts(run, job, result.because);
      if (failure !== undefined) return { type: "job.failed", ...attempt, failure };
      return {
        type: "job.interrupted",
        run: run.id,
        job: job.id,
        attempt: job.attempt,
        token,
        because: result.because,
      };
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

/**
 * What becomes of an attempt that was ended because its Baton was gone. One here starts again, unless the job says that it
 * cannot be repeated; one that an agent ran is lost with it. What is cancelled is not started again anyway.
 */
export function eventOfCutOff(run: RunState, job: JobState, where: "here" | "agent"): JobInterrupted | JobFailed {
  const attempt = { run: run.id, job: job.id, attempt: job.attempt, token: job.token! };
  const asks = where === "agent" ? asksWhenLost(run, job) : job.definition.onLost === "ask";
  if (!asks || run.cancel !== undefined) return { type: "job.interrupted", ...attempt };
  const because = `what ran ${where === "agent" ? "on an agent" : "here"} was cut off when its Baton was gone`;
  return {
    type: "job.failed",
    ...attempt,
    durationMs: 0,
    failure: { kind: "lost", message: nobodyKnows(job, because) },
  };
}

/** A job that takes its agent with it is not started for ever. */
const mostLosses = 3;

/**
 * Why an attempt that was lost is not made again. Nobody knows how far it came, and it may even go on: where people approve
 * what is deployed, one of them looks first, as long as the job does not say otherwise.
 */
function lossThatCounts(run: RunState, job: JobState, because: string): Failure | undefined {
  if (asksWhenLost(run, job)) return { kind: "lost", message: nobodyKnows(job, because) };
  if (job.losses + 1 < mostLosses) return undefined;
  return {
    kind: "lost",
    message: `${because}; that is the ${mostLosses}rd time in a row, so the job may be what takes them down`,
  };
}

function asksWhenLost(run: RunState, { planned, definition }: JobState): boolean {
  const approved = run.delivery.environments.find(({ name }) => name === planned.environment)?.approval !== undefined;
  return (definition.onLost ?? (changesEnvironment(definition) && approved ? "ask" : "retry")) === "ask";
}

function nobodyKnows({ planned: { environment } }: JobState, because: string): string {
  const where = environment === undefined ? ": look" : ` with ${environment}: look there`;
  return `${because}, and nobody knows how far it came${where}, then retry the run`;
}

/** Whoever had the running job stopped. */
function causeOfStop(run: RunState, job: JobState): SkipReason | undefined {
  if (run.cancel !== undefined && stopMode(run.cancel) !== undefined) return cancelSkip(run.cancel.by);
  const failed = matrixOf(run, job)?.failed;
  return failed === undefined || failed === job.id ? undefined : failFastSkip(failed, job);
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
    // Whoever wanted one of them stopped may not have lived to tell.
    case "run.adopted": {
      const running = (event.goesOn ?? []).flatMap((token) => state.attempts.get(token) ?? []);
      return running.flatMap((job) => [{ kind: "start", job }, ...stopOf(state.runs.get(job.run)!, job)]);
    }
    // Another session took this attempt for the rest of one that is gone.
    case "job.interrupted":
      return [{ kind: "stop", token: event.token, mode: "now" }];
    case "job.failed":
    case "job.cancelled": {
      const run = state.runs.get(event.run);
      const matrix = run && matrixOf(run, run.jobs.get(event.job)!);
      const legs = matrix?.failed === event.job ? stopAll(matrix.legs, "graceful") : [];
      const isLost = event.type === "job.failed" && event.failure.kind === "lost";
      return isLost ? [{ kind: "stop", token: event.token, mode: "now" }, ...legs] : legs;
    }
    default:
      return [];
  }
}

/** The stop that has been asked for, if the job was to be stopped. */
function stopOf(run: RunState, job: JobState): Command[] {
  const mode = run.cancel === undefined ? undefined : stopMode(run.cancel);
  if (mode !== undefined) return stopAll([job], mode);
  const failed = matrixOf(run, job)?.failed;
  return failed === undefined || failed === job.id ? [] : stopAll([job], "graceful");
}

function stopAll(jobs: readonly JobState[], mode: "graceful" | "now"): Command[] {
  return jobs.flatMap((job) => (job.status === "running" ? [{ kind: "stop", token: job.token!, mode } as const] : []));
}
