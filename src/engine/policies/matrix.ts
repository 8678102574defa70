import type { SkipReason } from "../events.ts";
import type { JobState, MatrixState, RunState } from "../state.ts";

/** How many legs of one job may be on their way at a time, and what the failure of one means to the others. */
export function matrixOf(run: RunState, job: JobState): MatrixState | undefined {
  return job.planned.matrix === undefined ? undefined : run.matrices.get(matrixKey(job.planned));
}

export function matrixKey(planned: { pipeline: string; job: string; environment?: string }): string {
  const key = `${planned.pipeline}.${planned.job}`;
  return planned.environment === undefined ? key : `${key}@${planned.environment}`;
}

export function enterMatrix(matrix: MatrixState | undefined, job: JobState): "through" | "wait" {
  if (matrix?.maxParallel === undefined) return "through";
  if (matrix.inside >= matrix.maxParallel) return "wait";
  matrix.inside += 1;
  job.inMatrix = true;
  return "through";
}

/** Gives the job's slot back; returns the leg that may take it. */
export function leaveMatrix(matrix: MatrixState | undefined, job: JobState): JobState | undefined {
  if (matrix === undefined || !job.inMatrix) return undefined;
  job.inMatrix = false;
  matrix.inside -= 1;
  return matrix.queue.first();
}

/** `failed`: the leg that failed. To whoever reads it what undoes one release after another is no matrix. */
export function failFastSkip(failed: string, { planned }: JobState): SkipReason {
  const why = planned.undoes === undefined ? "another leg of the same matrix" : "and nothing more is undone then";
  return { code: "fail-fast", because: failed, text: `${failed} failed, ${why}` };
}
