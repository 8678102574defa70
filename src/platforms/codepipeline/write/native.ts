/** Jobs that CodePipeline does itself: a single `cloudformation.deploy` becomes its CloudFormation action. */

import type { Step, Value } from "../../../model/delivery.ts";
import { promisedOutputs } from "../../../model/job-values.ts";
import { sourceArtifact } from "./fixed-names.ts";
import { directoryOf, type JobPlace, type Register } from "./job-place.ts";
import { artifactSource, knownText, producerOf } from "./known-values.ts";
import { path } from "./names.ts";
import { versionOf } from "./sources.ts";

export interface NativeStack {
  readonly stack: string;
  /** Artifact that the template is in: the source, or what a build has left behind. */
  readonly artifact: string;
  /** File in it. */
  readonly template: string;
  readonly capabilities: readonly string[];
  readonly parameters: Readonly<Record<string, string>>;
}

/** The stack that a job deploys and does nothing else; undefined when a machine is needed. */
export function nativeStack(place: JobPlace, register: Register): NativeStack | undefined {
  const step = stackStep(place);
  if (step === undefined) return undefined;
  const inputs = step.action!.inputs;
  const stack = knownText(inputs.stack, place);
  const template = knownText(inputs.template, place);
  const found = template === undefined ? undefined : templateIn(place, path(step.workingDirectory, template), register);
  if (stack === undefined || found === undefined) return undefined;
  const parameters: Record<string, string> = {};
  for (const [name, value] of Object.entries(inputs)) {
    if (!name.startsWith("parameters.")) continue;
    const text = runningText(value, place, register);
    if (text === undefined) return undefined;
    parameters[name.slice("parameters.".length)] = text;
  }
  return {
    stack,
    ...found,
    capabilities: (knownText(inputs.capabilities, place) ?? "").split(" ").filter((word) => word !== ""),
    parameters,
  };
}

type Found = Pick<NativeStack, "artifact" | "template">;

/** Where the action finds a file that the step names relative to its job; undefined where it cannot. */
function templateIn(place: JobPlace, file: string, register: Register): Found | undefined {
  const [use] = place.job.uses;
  if (use === undefined) return { artifact: sourceArtifact, template: path(directoryOf(place), file) };
  const inner = relativeTo(path(use.path), file);
  const { artifact, from } = artifactSource(use.artifact, place);
  if (inner === undefined) return undefined;
  return {
    artifact: register.artifact(from),
    template: rawTemplate(artifact, inner, from.job.artifacts[artifact]!.path),
  };
}

/** The rest of a path below a folder, empty for the folder itself; undefined when it is elsewhere. */
function relativeTo(folder: string, file: string): string | undefined {
  if (file === folder) return "";
  const start = folder === "" ? "" : `${folder}/`;
  return file.startsWith(start) ? file.slice(start.length) : undefined;
}

/** Where a template of an artifact lies as it is, in what the job leaves behind; `inner` is empty for a file's artifact. */
export const rawTemplate = (artifact: string, inner: string, file: string) =>
  path("templates", artifact, inner === "" ? file.split("/").at(-1)! : inner);

/** Files of a job's artifact that CodePipeline's CloudFormation action takes templates from, in any environment. */
export function templatesIn(artifact: string, producer: JobPlace, register: Register): string[] {
  const { line, pipeline } = producer;
  const found = line.environments.flatMap((environment) =>
    line.pipelines.flatMap((consumer) =>
      Object.entries(consumer.jobs).flatMap(([name, job]) => {
        const place = { ...producer, pipeline: consumer, name, job, environment };
        const [use] = job.uses;
        if (use?.artifact !== `${pipeline.name}.${artifact}` || nativeStack(place, register) === undefined) return [];
        const step = job.steps[0]!;
        const template = knownText(step.action!.inputs.template, place)!;
        return [relativeTo(path(use.path), path(step.workingDirectory, template))!];
      }),
    ),
  );
  return [...new Set(found)];
}

/** The key in the stack of an output that a native job publishes. */
export function stackOutput(place: JobPlace, output: string): string | undefined {
  const key = stackStep(place)?.action?.inputs[`publish.${output}`];
  return typeof key === "string" ? key : undefined;
}

/** The only step, when all that it asks for is what the action can do. */
function stackStep(place: JobPlace): Step | undefined {
  const { job, pipeline, line } = place;
  const [step, ...others] = job.steps;
  if (step?.action?.kind !== "cloudformation.deploy" || others.length > 0) return undefined;
  // An action cannot leave itself out where its pipeline stays as it is.
  if (line.joined) return undefined;
  if (job.retry.attempts > 1 || job.continueOnFailure || job.matrix || job.condition || job.uses.length > 1)
    return undefined;
  if (step.condition || step.continueOnFailure || job.per === "release" || Object.keys(job.artifacts).length > 0)
    return undefined;
  const { inputs } = step.action;
  // The action takes tags from a file only.
  if (Object.keys(inputs).some((name) => name.startsWith("tags."))) return undefined;
  const outputs = Object.keys(promisedOutputs(place.pipeline, place.name));
  const isPublished = outputs.every((output) => typeof inputs[`publish.${output}`] === "string");
  // Values of a run go into JSON as they are, which a value with quotes in it would break.
  const isPlain = outputs.every((output) => pipeline.outputs[output]!.type !== "json");
  const isKept = outputs.every((output) => pipeline.outputs[output]!.parameter === undefined);
  return isPublished && isPlain && isKept ? step : undefined;
}

/** A value in the configuration of an action: known now, or a variable of the run. */
export function runningText(value: Value, place: JobPlace, register: Register): string | undefined {
  const known = knownText(value, place);
  if (known !== undefined) return known;
  if (typeof value === "string") return value;
  if (Array.isArray(value)) {
    const parts = value.map((part) => runningText(part, place, register));
    return parts.includes(undefined) ? undefined : parts.join("");
  }
  if ("parameter" in value) return `#{variables.${value.parameter}}`;
  if ("context" in value) return runVariable(value.context, place);
  if (!("output" in value)) return undefined;
  const producer = producerOf(place, value.output);
  if (nativeStack(producer, register) === undefined) return undefined;
  return `#{${register.namespace(producer)}.${stackOutput(producer, producer.output)!}}`;
}

function runVariable(name: string, { options }: JobPlace): string | undefined {
  if (name === "run") return "#{codepipeline.PipelineExecutionId}";
  return name === "commit" || name === "release" ? versionOf(options.settings) : undefined;
}
