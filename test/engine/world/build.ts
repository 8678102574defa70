import type { Delivery, Environment, Job, Pipeline } from "../../../src/model/delivery.ts";
import type { Join, Plan, PlannedJob, PlannedPipeline } from "../../../src/plan/plan.ts";

/** Deliveries and plans for tests, complete but for what the test is about. */

export function job(part: Partial<Job> = {}): Job {
  return {
    per: "environment",
    needs: [],
    deploys: false,
    runsAfter: "success",
    steps: [{ name: "do", run: "true", shell: "bash", env: {}, workingDirectory: ".", continueOnFailure: false }],
    env: {},
    timeoutMs: 60_000,
    retry: { attempts: 1, delayMs: 1000, factor: 2, maxDelayMs: 60_000 },
    workingDirectory: ".",
    tools: [],
    continueOnFailure: false,
    artifacts: {},
    uses: [],
    ...part,
  };
}

export function pipeline(name: string, jobs: Record<string, Job>, part: Partial<Pipeline> = {}): Pipeline {
  return {
    name,
    needs: [],
    triggers: { paths: [], branches: [], pullRequests: false, manual: true, schedules: [] },
    outputs: {},
    env: {},
    workingDirectory: ".",
    jobs,
    ...part,
  };
}

export function environment(name: string, part: Partial<Environment> = {}): Environment {
  return { name, after: [], variables: {}, ...part };
}

export function delivery(pipelines: Pipeline[], environments: Environment[], part: Partial<Delivery> = {}): Delivery {
  return { version: 1, name: "shop", variables: {}, parameters: {}, environments, pipelines, ...part };
}

/** A job of a plan; `id` says the rest: `pipeline.job`, `@environment`, `[key=value]`. */
export function planned(id: string, part: Partial<PlannedJob> = {}): PlannedJob {
  const match = /^([^.]+)\.([^@[]+)(?:@([^[]+))?(?:\[(.*)\])?$/.exec(id);
  if (match === null) throw new Error(`${id} is no job id`);
  const [, pipelineName = "", jobName = "", environmentName, legs] = match;
  return {
    id,
    pipeline: pipelineName,
    job: jobName,
    ...(environmentName === undefined ? {} : { environment: environmentName }),
    ...(legs === undefined ? {} : { matrix: Object.fromEntries(legs.split(",").map((pair) => pair.split("="))) }),
    decision: "run",
    reason: { code: "forced", text: "it was asked for", because: [] },
    after: [],
    requires: part.after ?? [],
    ...part,
  };
}

export function plan(
  jobs: PlannedJob[],
  part: { joins?: Join[]; pipelines?: PlannedPipeline[] } & Partial<Plan> = {},
): Plan {
  const environments = [...new Set(jobs.flatMap((each) => each.environment ?? []))];
  const pipelines = environments.flatMap((name) =>
    [...new Set(jobs.map((each) => each.pipeline))].map(
      (each): PlannedPipeline => ({
        pipeline: each,
        environment: name,
        decision: "run",
        reason: { code: "forced", text: "it was asked for", because: [] },
        commit: "c1",
      }),
    ),
  );
  return {
    version: 1,
    delivery: "shop",
    change: { event: "push", commit: "c1", branch: "main" },
    environments,
    parameters: {},
    jobs,
    joins: [],
    pipelines,
    criticalPath: [],
    ...part,
  };
}
