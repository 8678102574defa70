/** The jobs of one pipeline as a workflow that others call: those of the release, or those of an environment. */

import type { Delivery, Pipeline } from "../../../model/delivery.ts";
import { outputsRead, secretsRead } from "../../../model/job-values.ts";
import {
  type Input,
  type Permissions,
  type StepsJobDocument,
  unitePermissions,
  type WorkflowDocument,
} from "./document.ts";
import { writeJob } from "./job.ts";
import {
  type ArtifactNames,
  artifactsOf,
  digestInput,
  digestOutput,
  Ids,
  outputInput,
  outputsOf,
  parameterInput,
  runInput,
} from "./names.ts";
import { needsAws } from "./native-steps.ts";
import type { WriteOptions } from "./options.ts";
import { mayAllRest } from "./scripts/rows.ts";

/** What the caller has to hand in, by the name of the input. */
export type Want =
  | { readonly kind: "environment" | "commit" | "event" }
  | { readonly kind: "parameter"; readonly name: string }
  /** `pipeline.output`, `pipeline.artifact`. */
  | { readonly kind: "output" | "digest" | "run"; readonly reference: string };

export interface PipelinePart {
  readonly document: WorkflowDocument;
  readonly wants: ReadonlyMap<string, Want>;
  readonly secrets: readonly string[];
  readonly permissions: Permissions;
}

export interface PartOptions {
  readonly delivery: Delivery;
  readonly pipeline: Pipeline;
  readonly per: "release" | "environment";
  readonly file: string;
  readonly name: string;
  readonly header: readonly string[];
  readonly options: WriteOptions;
  readonly artifactNames: ArtifactNames;
  /** The file is for this one alone. */
  readonly known?: string;
  /** Branches whose pull requests start it as well, for the checks alone. */
  readonly pullRequests?: readonly string[];
}

export function writePart(part: PartOptions): PipelinePart {
  const { delivery, pipeline, per } = part;
  const names = Object.entries(pipeline.jobs).flatMap(([name, job]) => (job.per === per ? [name] : []));
  const ids = new Ids();
  const idOf = new Map(names.map((name) => [name, ids.claim(name)]));
  const wants = new Map<string, Want>();
  const want = (input: string, what: Want): string => {
    wants.set(input, what);
    return `inputs.${input}`;
  };
  if (per === "environment" && part.known === undefined) want("environment", { kind: "environment" });
  const jobs: Record<string, StepsJobDocument> = Object.fromEntries(
    names.map((name): [string, StepsJobDocument] => {
      const reads = pipeline.jobs[name]!.uses.filter(({ artifact }) => !artifact.startsWith(`${pipeline.name}.`));
      const guard =
        per === "release" && reads.length > 0
          ? reads.map(({ artifact }) => `inputs.${digestInput(artifact)} != ''`).join(" && ")
          : undefined;
      const job = writeJob(name, {
        ...part,
        environment:
          per === "release"
            ? undefined
            : { expression: part.known === undefined ? "inputs.environment" : `'${part.known}'`, known: part.known },
        commit: `${want("commit", { kind: "commit" })}${part.pullRequests ? " || github.sha" : ""}`,
        event: "inputs.event",
        idOf: (other) => idOf.get(other),
        parameter: (parameter) => want(parameterInput(parameter), { kind: "parameter", name: parameter }),
        output: (reference) => want(outputInput(reference), { kind: "output", reference }),
        artifact: (reference) => ({
          digest: want(digestInput(reference), { kind: "digest", reference }),
          run: want(runInput(reference), { kind: "run", reference }),
        }),
        ...guarded(guard, { part, name }),
      });
      return [idOf.get(name)!, job];
    }),
  );
  const isGuarded = part.pullRequests === undefined && Object.values(jobs).every((job) => job.if !== undefined);
  if (isGuarded || mayAllRest(pipeline, delivery, names)) jobs[ids.claim("nothing-to-do")] = nothingToDo(part.options);
  if (JSON.stringify(jobs).includes("inputs.event")) want("event", { kind: "event" });
  const secrets = [...new Set(names.flatMap((name) => secretsRead(pipeline, pipeline.jobs[name]!)))].sort();
  const value = (job: string, output: string) => `jobs.${idOf.get(job)}.outputs.${output}`;
  return {
    wants,
    secrets,
    permissions: unitePermissions(Object.values(jobs).map((job) => job.permissions)),
    document: {
      file: part.file,
      header: part.header,
      name: part.name,
      on: {
        ...(part.pullRequests && { pullRequest: { branches: part.pullRequests } }),
        call: {
          inputs: Object.fromEntries([...wants].map(([name, what]) => [name, declared(what, delivery)])),
          secrets,
          outputs: Object.fromEntries([
            ...outputsOf(pipeline)
              .filter((output) => output.per === per)
              .map(({ name, job }): [string, { description?: string; value: string }] => {
                const { description } = pipeline.outputs[name]!;
                return [name, { ...(description !== undefined && { description }), value: value(job, name) }];
              }),
            ...artifactsOf(pipeline)
              .filter((artifact) => artifact.per === per)
              .map(({ name, job }): [string, { value: string }] => [
                digestOutput(name),
                { value: value(job, digestOutput(name)) },
              ]),
          ]),
        },
      },
      jobs,
    },
  };
}

/** For a pull request only what neither deploys nor needs rights, secrets or what others hand over. */
function guarded(guard: string | undefined, { part, name }: { part: PartOptions; name: string }): { guard?: string } {
  const { pipeline } = part;
  const job = pipeline.jobs[name]!;
  const takes = [...outputsRead(pipeline, job), ...job.uses.map(({ artifact }) => artifact)];
  const isCheck =
    !job.deploys &&
    !needsAws(job) &&
    secretsRead(pipeline, job).length === 0 &&
    takes.every((reference) => reference.startsWith(`${pipeline.name}.`));
  if (part.pullRequests === undefined || isCheck) return guard === undefined ? {} : { guard };
  return { guard: "github.event_name != 'pull_request'" };
}

/** A called workflow whose jobs are all skipped counts as skipped, as if it had not been called: this one makes it a success. */
function nothingToDo({ runsOn = "ubuntu-24.04" }: WriteOptions): StepsJobDocument {
  return {
    kind: "steps",
    comment: ["All other jobs here may be left out by their conditions. That is a success, and this job makes it one."],
    name: "Conditions were looked at",
    permissions: {},
    runsOn,
    timeoutMinutes: 5,
    steps: [{ name: "Count what is left out as passed", run: "true" }],
  };
}

/** Outputs and digests may be missing where what makes them has no reason to run. */
function declared(what: Want, delivery: Delivery): Input {
  switch (what.kind) {
    case "environment":
    case "commit":
    case "event":
      return { type: "string", required: true };
    case "parameter": {
      const { description } = delivery.parameters[what.name]!;
      return { ...(description !== undefined && { description }), type: "string", required: true };
    }
    case "output":
      return { description: `Output ${what.reference} of this release`, type: "string", required: true };
    case "digest":
      return { description: `Digest of the artifact ${what.reference}`, type: "string", required: true };
    case "run":
      return { description: `Run that keeps the artifact ${what.reference}`, type: "string", required: true };
    default:
      return what satisfies never;
  }
}
