import type { Deployed, PlannedPipeline } from "../plan/plan.ts";
import { matrixKey } from "./policies/matrix.ts";
import type { JobState, RunState, State } from "./state.ts";

/** How a job counts for whether its pipeline passed. */
export function hasPassed(job: JobState): boolean {
  if (job.status === "succeeded") return true;
  if (job.status === "failed") return job.definition.continueOnFailure;
  return job.status === "skipped" && job.skipped?.code === "not-needed";
}

/**
 * What a run deployed to an environment, by pipeline: those that run there by the plan and whose jobs, per release and in
 * that environment, all passed. Checks of a pull request deploy nothing.
 */
export function deployedTo(run: RunState, environment: string): Record<string, Deployed> {
  if (run.plan.change.event === "pull-request") return {};
  const byPipeline = new Map<string, JobState[]>();
  let here = false;
  let reached = false;
  for (const job of run.list) {
    const where = job.planned.environment;
    if (where !== undefined && where !== environment) continue;
    if (where === environment) {
      here = true;
      reached ||= job.status === "succeeded";
    }
    const jobs = byPipeline.get(job.planned.pipeline);
    if (jobs === undefined) byPipeline.set(job.planned.pipeline, [job]);
    else jobs.push(job);
  }
  const deployed: Record<string, Deployed> = {};
  if (here && !reached) return deployed;
  for (const planned of run.plan.pipelines) {
    if (planned.environment !== environment || planned.decision !== "run") continue;
    const jobs = byPipeline.get(planned.pipeline) ?? [];
    if (!jobs.every(hasPassed)) continue;
    deployed[planned.pipeline] = recordOf(run, { planned, jobs });
  }
  return deployed;
}

/**
 * What the pipeline hands over from now on. A job that a condition left out this time leaves what it handed over before,
 * as long as the definition still has it.
 */
function recordOf(run: RunState, { planned, jobs }: { planned: PlannedPipeline; jobs: JobState[] }): Deployed {
  const record: Deployed = {
    release: run.release,
    ...(run.moves !== undefined && { origin: run.moves }),
    commit: planned.commit,
    outputs: {},
    artifacts: {},
  };
  const definition = run.definitions.get(planned.pipeline)!;
  for (const [name, job] of Object.entries(definition.jobs)) {
    const earlier = run.reused.get(matrixKey({ pipeline: planned.pipeline, job: name })) ?? planned.reused;
    if (earlier === undefined) continue;
    for (const [output, { job: publisher }] of Object.entries(definition.outputs)) {
      const value = earlier.outputs[output];
      if (publisher === name && value !== undefined) record.outputs[output] = value;
    }
    for (const artifact of Object.keys(job.artifacts)) {
      const value = earlier.artifacts[artifact];
      if (value !== undefined) record.artifacts[artifact] = value;
    }
  }
  for (const job of jobs) {
    Object.assign(record.outputs, job.outputs);
    Object.assign(record.artifacts, job.artifacts);
  }
  return record;
}

/** An older release never takes the place of a newer one in the history, whichever ends last. */
export function noteDeployed(state: State, environment: string, deployed: Record<string, Deployed>): void {
  for (const [pipeline, record] of Object.entries(deployed)) {
    state.deployedSeq = state.seq + 1;
    state.deployed[environment] ??= {};
    const here = state.deployed[environment];
    const before = here[pipeline];
    if (before === undefined || before.release <= record.release) here[pipeline] = record;
  }
}
