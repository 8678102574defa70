import type { Delivery, Environment, Job, Parameter, Pipeline } from "../../model/delivery.ts";
import { secretsRead } from "../../model/job-values.ts";

/** The definition, as somebody looks at it who does not open files: of secrets their names. Durations in milliseconds. */
export interface SettingsView {
  version: 1;
  delivery: string;
  /** The file, as it is called below the repository or its folder. */
  file: string;
  variables: Record<string, string>;
  parameters: Record<string, Parameter>;
  /** In promotion order. */
  environments: Environment[];
  pipelines: PipelineSettings[];
}

export interface PipelineSettings extends Omit<Pipeline, "env" | "jobs"> {
  jobs: JobSettings[];
}

export interface JobSettings extends Pick<Job, "per" | "needs" | "deploys" | "runsAfter" | "timeoutMs" | "tools"> {
  name: string;
  attempts: number;
  /** By name. */
  steps: string[];
  secrets: string[];
  artifacts: string[];
  /** `pipeline.artifact`. */
  uses: string[];
}

export function settingsView(delivery: Delivery, file: string): SettingsView {
  const { name, variables, parameters, environments, pipelines } = delivery;
  return {
    version: 1,
    delivery: name,
    file,
    variables,
    parameters,
    environments,
    pipelines: pipelines.map(({ env: _, jobs, ...pipeline }) => ({
      ...pipeline,
      jobs: Object.entries(jobs).map(([job, settings]) => jobSettings(job, settings, { ...pipeline, env: _, jobs })),
    })),
  };
}

function jobSettings(name: string, job: Job, pipeline: Pipeline): JobSettings {
  const { per, needs, deploys, runsAfter, timeoutMs, tools, retry, steps, artifacts, uses } = job;
  return {
    name,
    per,
    needs,
    deploys,
    runsAfter,
    timeoutMs,
    tools,
    attempts: retry.attempts,
    steps: steps.map((step, at) => step.name || `Step ${at + 1}`),
    secrets: secretsRead(pipeline, job),
    artifacts: Object.keys(artifacts),
    uses: uses.map(({ artifact }) => artifact),
  };
}
