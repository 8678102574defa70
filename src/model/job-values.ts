/** What the values of a job mention, and what a job has to publish. */

import type { Job, OutputType, Pipeline, Value } from "./delivery.ts";

/** Every value that reaches a job: its pipeline's variables, its own, those of its steps and actions, its group, its machine. */
function valuesOf(pipeline: Pipeline, job: Job): Value[] {
  return [
    ...Object.values(pipeline.env),
    ...Object.values(job.env),
    ...job.steps.flatMap(({ env, action }) => [...Object.values(env), ...Object.values(action?.inputs ?? {})]),
    ...(job.concurrency === undefined ? [] : [job.concurrency.group]),
    ...machineValues(job),
  ];
}

/** What says where a job runs, and what its containers are given. */
export function machineValues({ runsOn, container, services }: Job): Value[] {
  if (runsOn === undefined && container === undefined && services === undefined) return [];
  return [
    ...(runsOn?.labels ?? []),
    ...(runsOn?.group === undefined ? [] : [runsOn.group]),
    ...[...(container === undefined ? [] : [container]), ...Object.values(services ?? {})].flatMap(
      ({ image, env, credentials }) => [image, ...Object.values(env), ...Object.values(credentials ?? {})],
    ),
  ];
}

/** `pipeline.output` of everything that a job reads, each once, in the order in which it is met. */
export function outputsRead(pipeline: Pipeline, job: Job): string[] {
  return outputsIn(valuesOf(pipeline, job));
}

/** `pipeline.output` of everything that values mention. */
export function outputsIn(values: readonly Value[]): string[] {
  return mentioned(values, (value) => ("output" in value ? value.output : undefined));
}

/** Names of the secrets that a job reads, each once, in the order in which they are met. */
export function secretsRead(pipeline: Pipeline, job: Job): string[] {
  return mentioned(valuesOf(pipeline, job), (value) => ("secret" in value ? value.secret : undefined));
}

/** Outputs that a job of the pipeline has to publish, with their types. */
export function promisedOutputs(pipeline: Pipeline, job: string): Record<string, OutputType> {
  const own = Object.entries(pipeline.outputs).filter(([, output]) => output.job === job);
  return Object.fromEntries(own.map(([name, { type }]) => [name, type]));
}

type Reference = Exclude<Value, string | Value[]>;

function mentioned(values: readonly Value[], nameIn: (value: Reference) => string | undefined): string[] {
  const inValue = (value: Value): string[] => {
    if (typeof value === "string") return [];
    return Array.isArray(value) ? value.flatMap(inValue) : [nameIn(value) ?? []].flat();
  };
  return [...new Set(values.flatMap(inValue))];
}
