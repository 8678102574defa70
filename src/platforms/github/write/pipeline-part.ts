/** One pipeline as a workflow that others call: once for what a release builds, and for each environment that it goes to. */

import type { Delivery, Pipeline } from "../../../model/delivery.ts";
import { outputsRead, secretsRead } from "../../../model/job-values.ts";
import { mayDeploy, needsRights, rightsGuards } from "./clouds.ts";
import { newestOfPull } from "./common-jobs.ts";
import { mayAllRest } from "./delivery-data.ts";
import {
  type Input,
  type Permissions,
  type StepsJobDocument,
  unitePermissions,
  type WorkflowDocument,
} from "./document.ts";
import { writeJob } from "./job.ts";
import { usualMachine } from "./machine.ts";
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
import type { WriteOptions } from "./options.ts";

/** What the caller has to hand in, by the name of the input. */
export type Want =
  | { readonly kind: "environment" | "commit" | "event" | "branch" }
  | { readonly kind: "parameter"; readonly name: string }
  /** Itself, where it shares its file. */
  | { readonly kind: "pipeline"; readonly name: string }
  /** `pipeline.output`, `pipeline.artifact`. */
  | { readonly kind: "output" | "digest" | "run"; readonly reference: string };

/** What one of the calls hands in, and what it may do. */
export interface PipelineCall {
  readonly wants: ReadonlyMap<string, Want>;
  readonly secrets: readonly string[];
}

export interface PipelinePart {
  readonly document: WorkflowDocument;
  /** Where the pipeline has jobs of this kind. */
  readonly release: PipelineCall | undefined;
  readonly environment: PipelineCall | undefined;
  /** GitHub asks a caller for what any job of the file may do, whether it runs or not. */
  readonly permissions: Permissions;
}

export interface PartOptions {
  readonly delivery: Delivery;
  readonly pipeline: Pipeline;
  /** The jobs that the file has. */
  readonly per: readonly ("release" | "environment")[];
  readonly file: string;
  readonly name: string;
  readonly header: readonly string[];
  readonly options: WriteOptions;
  readonly artifactNames: ArtifactNames;
  /** The workflow that signs what release jobs of a pipeline make. */
  readonly signer: (pipeline: string) => string;
  /** The file is for this one alone. */
  readonly known?: string;
  /** Branches whose pull requests and merge queues start it as well, for the checks alone. */
  readonly pullRequests?: readonly string[];
  /** Others have jobs in the file as well. */
  readonly isShared?: true;
}

/** What a job is called in a file that pipelines share. Names have no two underscores. */
const sharedId = (pipeline: string, job: string) => `${pipeline}__${job}`;

export function writePart(part: PartOptions): PipelinePart {
  const { delivery, pipeline, per, known, pullRequests } = part;
  const kinds = per.filter((kind) => Object.values(pipeline.jobs).some((job) => job.per === kind));
  const isForBoth = kinds.length > 1;
  const ids = new Ids();
  const idIn = (job: string) => ids.claim(part.isShared ? sharedId(pipeline.name, job) : job);
  const idOf = new Map(
    Object.entries(pipeline.jobs).flatMap(([name, job]) => (per.includes(job.per) ? [[name, idIn(name)]] : [])),
  );
  const jobs: Record<string, StepsJobDocument> = {};
  const calls = new Map<string, PipelineCall>();
  for (const kind of kinds) {
    const wants = new Map<string, Want>();
    const want = (input: string, what: Want): string => {
      wants.set(input, what);
      return `inputs.${input}`;
    };
    if (part.isShared) want("pipeline", { kind: "pipeline", name: pipeline.name });
    if (kind === "environment" && known === undefined) want("environment", { kind: "environment" });
    const names = Object.entries(pipeline.jobs).flatMap(([name, job]) => (job.per === kind ? [name] : []));
    // One file for both: which of its jobs are meant is told by the environment; and for several pipelines, by whose.
    const own = `inputs.pipeline == '${pipeline.name}'`;
    const meant = [
      ...(part.isShared ? [pullRequests ? `(${own} || inputs.pipeline == '')` : own] : []),
      ...(isForBoth && known === undefined ? [`inputs.environment ${kind === "release" ? "==" : "!="} ''`] : []),
    ];
    const phase = meant.length === 0 ? undefined : meant.join(" && ");
    const written: Record<string, StepsJobDocument> = {};
    for (const name of names) {
      const guards = [
        phase,
        ...(kind === "release" ? releaseGuards(pipeline, name, want) : []),
        pullRequests && !isCheck(pipeline, name) ? mayDeploy : undefined,
      ].filter((one) => one !== undefined);
      written[idOf.get(name)!] = writeJob(name, {
        ...part,
        environment:
          kind === "release"
            ? undefined
            : { expression: known === undefined ? "inputs.environment" : `'${known}'`, known },
        // Nothing but this commit is ever built.
        commit:
          kind === "release"
            ? "github.sha"
            : `${want("commit", { kind: "commit" })}${pullRequests ? " || github.sha" : ""}`,
        branch: "inputs.branch",
        // Started by itself it is a check, and nobody hands anything in.
        event: pullRequests ? "(inputs.event || 'pull-request')" : "inputs.event",
        given: "toJSON(inputs)",
        // A job of the other call is elsewhere, though its file is this one.
        idOf: (other) => (pipeline.jobs[other]!.per === kind ? idOf.get(other) : undefined),
        parameter: (parameter) => want(parameterInput(parameter), { kind: "parameter", name: parameter }),
        output: (reference) => want(outputInput(reference), { kind: "output", reference }),
        artifact: (reference) => ({
          digest: want(digestInput(reference), { kind: "digest", reference }),
          run: want(runInput(reference), { kind: "run", reference }),
        }),
        ...(guards.length > 0 && { guard: guards.join(" && ") }),
      });
    }
    const isGuarded =
      pullRequests === undefined && names.every((name) => guardedByMore(written[idOf.get(name)!]!, phase));
    if (isGuarded || mayAllRest(pipeline, delivery, names)) {
      written[idIn("nothing-to-do")] = nothingToDo(part.options, phase);
    }
    for (const fact of ["event", "branch"] as const) {
      if (JSON.stringify(written).includes(`inputs.${fact}`)) want(fact, { kind: fact });
    }
    Object.assign(jobs, written);
    const secrets = [...new Set(names.flatMap((name) => secretsRead(pipeline, pipeline.jobs[name]!)))].sort();
    calls.set(kind, { wants, secrets });
  }
  const value = (job: string, output: string) => `jobs.${idOf.get(job)}.outputs.${output}`;
  const isHere = ({ per: kind }: { per: "release" | "environment" }) => per.includes(kind);
  return {
    release: calls.get("release"),
    environment: calls.get("environment"),
    permissions: unitePermissions(Object.values(jobs).map((job) => job.permissions)),
    document: {
      file: part.file,
      header: part.header,
      name: part.name,
      on: {
        ...(pullRequests && { pullRequest: { branches: pullRequests }, mergeGroup: { branches: pullRequests } }),
        call: {
          inputs: declaredInputs(calls, isForBoth && known === undefined),
          secrets: [...new Set([...calls.values()].flatMap(({ secrets }) => secrets))].sort(),
          outputs: Object.fromEntries([
            ...outputsOf(pipeline)
              .filter(isHere)
              .map(({ name, job }): [string, { value: string }] => [name, { value: value(job, name) }]),
            ...artifactsOf(pipeline)
              .filter(isHere)
              .map(({ name, job }): [string, { value: string }] => [
                digestOutput(name),
                { value: value(job, digestOutput(name)) },
              ]),
          ]),
        },
      },
      // Called it has the group of its run, alone.
      ...(pullRequests && { concurrency: newestOfPull(delivery, `${pipeline.name}.${known}`) }),
      jobs,
    },
  };
}

const guardedByMore = ({ if: condition }: StepsJobDocument, phase: string | undefined) =>
  condition !== undefined && condition !== phase;

/** For a pull request: it neither deploys nor needs rights, secrets or what others hand over. */
function isCheck(pipeline: Pipeline, name: string): boolean {
  const job = pipeline.jobs[name]!;
  const takes = [...outputsRead(pipeline, job), ...job.uses.map(({ artifact }) => artifact)];
  return (
    !job.deploys && !needsRights(pipeline, job) && takes.every((reference) => reference.startsWith(`${pipeline.name}.`))
  );
}

/**
 * What others hand over is there when those ran. A pull request may have left them out, and what takes their products is left out
 * too: the check stays green. For a push an output that is missing is an error, which the program tells of.
 */
function releaseGuards(pipeline: Pipeline, name: string, want: (input: string, what: Want) => string): string[] {
  const job = pipeline.jobs[name]!;
  const isElsewhere = (reference: string) => !reference.startsWith(`${pipeline.name}.`);
  const outputs = outputsRead(pipeline, job).filter(isElsewhere);
  const given = outputs.map((reference) => `${want(outputInput(reference), { kind: "output", reference })} != ''`);
  return [
    ...job.uses.flatMap(({ artifact }) => (isElsewhere(artifact) ? [`inputs.${digestInput(artifact)} != ''`] : [])),
    ...(given.length > 0 ? [`(${given.join(" && ")} || (${mayDeploy}))`] : []),
    ...rightsGuards(pipeline, job),
  ];
}

/** A called workflow whose jobs are all skipped counts as skipped, as if it had not been called: this one makes it a success. */
function nothingToDo(options: WriteOptions, phase: string | undefined): StepsJobDocument {
  return {
    kind: "steps",
    comment: ["All other jobs here may be left out by their conditions. That is a success, and this job makes it one."],
    name: "Conditions were looked at",
    ...(phase !== undefined && { if: phase }),
    permissions: {},
    runsOn: usualMachine(options),
    timeoutMinutes: 5,
    steps: [{ name: "Count what is left out as passed", run: "true", shell: "any" }],
  };
}

/** Of both calls; what one of them has no use for it leaves out. */
function declaredInputs(calls: ReadonlyMap<string, PipelineCall>, mayBeNowhere: boolean): Record<string, Input> {
  const all = [...calls.values()];
  const names = new Set(all.flatMap(({ wants }) => [...wants.keys()]));
  return Object.fromEntries(
    [...names].map((name): [string, Input] => {
      const isAlways = all.every(({ wants }) => wants.has(name)) && !(name === "environment" && mayBeNowhere);
      return [name, isAlways ? { type: "string", required: true } : { type: "string", default: "" }];
    }),
  );
}
