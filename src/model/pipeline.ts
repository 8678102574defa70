import type { ArtifactHandle, EnvInput, JobInput, OutputHandle, OutputInput } from "./authored.ts";
import { rememberCallSite } from "./call-site.ts";
import type { OutputType } from "./delivery.ts";

declare const environmentsNamed: unique symbol;
const definitions = new WeakMap<object, AnyPipelineInput>();

/** What a delivery lists and other pipelines refer to. */
export interface PipelineHandle<
  Name extends string = string,
  Outputs extends string = string,
  Artifacts extends string = string,
  Environments extends string = string,
> {
  readonly name: Name;
  /** Values that this pipeline publishes, for pipelines that need it. */
  readonly outputs: { readonly [Output in Outputs]: OutputHandle };
  /** Files that its jobs leave behind, for pipelines that need it. */
  readonly artifacts: { readonly [Artifact in Artifacts]: ArtifactHandle };
  /** For the compiler only: environments that conditions of this pipeline name. */
  readonly [environmentsNamed]: Environments;
}

export type AnyPipeline<Environments extends string = string> = PipelineHandle<string, never, never, Environments>;

/** What one team owns. Everything but `jobs` may be left out. */
export interface PipelineInput<
  Outputs extends string = string,
  Jobs extends string = string,
  Artifacts extends string = string,
  Environments extends string = string,
> {
  readonly description?: string | undefined;
  /** Pipelines of the same release and environment that hand over to this one. */
  readonly needs?: readonly AnyPipeline[] | undefined;
  /** GitHub path globs, later entries win, `!` negates. Default: every change affects this pipeline. */
  readonly paths?: readonly string[] | undefined;
  /** GitHub branch globs. Default: the branches of the environments. */
  readonly branches?: readonly string[] | undefined;
  /** Run the jobs that do not deploy for pull requests. Default: true. */
  readonly pullRequests?: boolean | undefined;
  /** May be started by hand. Default: true. */
  readonly manual?: boolean | undefined;
  /** POSIX cron lines, UTC. */
  readonly schedules?: readonly string[] | undefined;
  readonly outputs?: { readonly [Name in Outputs]: OutputType | OutputInput<NoInfer<Jobs>> } | undefined;
  readonly env?: EnvInput<NoInfer<Outputs>> | undefined;
  /** Relative to the folder of the definition. Default: that folder. */
  readonly workingDirectory?: string | undefined;
  /** In the order in which they are written; `needs` says what comes before what. */
  readonly jobs: { readonly [Name in Jobs]: JobInput<NoInfer<Jobs>, Artifacts, Environments, NoInfer<Outputs>> };
}

export type AnyPipelineInput = PipelineInput<string, string, string, string>;

/** Declares a pipeline. Nothing is checked beyond its types until `delivery(...)` sees all of them together. */
export function pipeline<
  const Name extends string,
  const Outputs extends string = never,
  const Jobs extends string = never,
  const Artifacts extends string = never,
  const Environments extends string = never,
>(
  name: Name,
  definition: PipelineInput<Outputs, Jobs, Artifacts, Environments>,
): PipelineHandle<Name, Outputs, Artifacts, Environments> {
  const form = definition as unknown as AnyPipelineInput;
  const outputs: Record<string, { output: string }> = {};
  for (const key of Object.keys(form?.outputs ?? {})) outputs[key] = { output: `${name}.${key}` };
  const artifacts: Record<string, { artifact: string }> = {};
  for (const job of Object.values(form?.jobs ?? {})) {
    for (const key of Object.keys(job?.artifacts ?? {})) artifacts[key] = { artifact: `${name}.${key}` };
  }
  const handle = rememberCallSite({ name, outputs, artifacts }, pipeline);
  definitions.set(handle, form);
  return handle as unknown as PipelineHandle<Name, Outputs, Artifacts, Environments>;
}

/** What was given to `pipeline(...)`; undefined when this is not a handle that it returned. */
export function pipelineInput(handle: object): AnyPipelineInput | undefined {
  return definitions.get(handle);
}
