import {
  type Delivery,
  delivery,
  env,
  type ParameterHandle,
  type PipelineHandle,
  parameter,
  pipeline,
} from "../../src/model/index.ts";
import type { WrittenDelivery, WrittenJob, WrittenPipeline } from "./random-delivery.ts";

type AnyHandle = PipelineHandle<string, string, string, string>;

/** Writes the same delivery with the builders: names become handles wherever a builder gives one. */
export function buildFromWritten(written: WrittenDelivery): Delivery {
  const parameters = new Map<string, ParameterHandle>();
  for (const [name, form] of Object.entries(written.parameters)) {
    parameters.set(name, parameter(name, (typeof form === "string" ? { type: form } : form) as object));
  }
  const pipelines = new Map<string, AnyHandle>();
  for (const [name, form] of Object.entries(written.pipelines)) {
    const withHandles = pipelineWithHandles(form, pipelines, parameters);
    pipelines.set(name, pipeline(name, withHandles as never) as AnyHandle);
  }
  return delivery(written.name, {
    variables: written.variables,
    parameters: [...parameters.values()],
    environments: Object.entries(written.environments).map(([name, form]) => env(name, form)),
    pipelines: [...pipelines.values()],
  });
}

function pipelineWithHandles(
  form: WrittenPipeline,
  pipelines: ReadonlyMap<string, AnyHandle>,
  parameters: ReadonlyMap<string, ParameterHandle>,
): object {
  const jobs: Record<string, WrittenJob> = {};
  for (const [name, job] of Object.entries(form.jobs)) {
    jobs[name] = job.uses ? { ...job, uses: job.uses.map(useWithHandle) } : job;
  }
  const needs = (form.needs ?? []).map((name) => pipelines.get(name)!);
  return valuesWithHandles({ ...form, jobs, needs: undefined }, { needs });

  function useWithHandle(use: unknown): unknown {
    const { artifact, path } = use as { artifact: string; path: string };
    const [owner, name] = artifact.split(".") as [string, string | undefined];
    const handle = name === undefined ? undefined : pipelines.get(owner)?.artifacts[name];
    return { artifact: handle ?? artifact, path };
  }

  function valuesWithHandles(value: object, more: object): object {
    return { ...(exchange(value) as object), ...more };
  }

  function exchange(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(exchange);
    if (typeof value !== "object" || value === null) return value;
    const [key, ...others] = Object.keys(value);
    const name = (value as Record<string, unknown>)[key ?? ""];
    if (others.length === 0 && key === "parameter") return parameters.get(String(name));
    if (others.length === 0 && key === "output") {
      const [owner, output] = String(name).split(".") as [string, string | undefined];
      return (output !== undefined && pipelines.get(owner)?.outputs[output]) || value;
    }
    return Object.fromEntries(Object.entries(value).map(([inner, item]) => [inner, exchange(item)]));
  }
}
