/** A job of the model as a job of a workflow: what surrounds its steps is written here, the steps are its own. */

import type { Delivery, Job, Pipeline, Step, Value } from "../../../model/delivery.ts";
import { outputsRead, promisedOutputs, secretsRead } from "../../../model/job-values.ts";
import { previewOf } from "../../../model/previews.ts";
import { CannotWrite } from "../../generated.ts";
import { localAction } from "./actions.ts";
import { cachesOf } from "./caches.ts";
import { checkout } from "./checkouts.ts";
import {
  cloudsOf,
  ecrSignInToPull,
  imagesOf,
  packagesSignIn,
  packagesSignInToPull,
  pushesPackages,
  readsPackages,
  signIn,
} from "./clouds.ts";
import { computed } from "./computed.ts";
import { admittedTo } from "./deployments.ts";
import type { ConcurrencyGroup, Permissions, StepDocument, StepsJobDocument } from "./document.ts";
import { conditionExpression, definedName, literal, type Surroundings, valueText } from "./expressions.ts";
import { machineOf } from "./machine.ts";
import type { ArtifactNames } from "./names.ts";
import { digestOutput } from "./names.ts";
import { nativeStep, toolSteps } from "./native-steps.ts";
import type { WriteOptions } from "./options.ts";
import { retried } from "./retried.ts";

/** Where a job is written, and where it finds what it takes. */
export interface JobPlace {
  readonly delivery: Delivery;
  readonly pipeline: Pipeline;
  readonly options: WriteOptions;
  readonly artifactNames: ArtifactNames;
  /** Undefined for a per-release job. */
  readonly environment:
    | {
        readonly expression: string;
        readonly known: string | undefined;
        /** What the definition calls it, where only its number is computed. */
        readonly defined?: string;
      }
    | undefined;
  readonly commit: string;
  readonly event: string;
  /** Of a pull request the branch that it is for. */
  readonly branch: string;
  /** JSON of what the job is given, and where its outputs' names are those of the data file. */
  readonly given: string;
  /** Jobs of the model that stand in the same file, and what they are called there. */
  readonly idOf: (job: string) => string | undefined;
  readonly parameter: (name: string) => string;
  /** `pipeline.output` that is made elsewhere. */
  readonly output: (reference: string) => string;
  /** `pipeline.artifact` that is made elsewhere: expressions for its digest and for the run that keeps it. */
  readonly artifact: (reference: string) => { digest: string; run: string; name?: string };
  /** The workflow that signs what the release jobs of a pipeline make. */
  readonly signer: (pipeline: string) => string;
  /** It deploys nothing, whatever the job is there for. */
  readonly looks?: true;
  /** It takes away what the job left in a preview. */
  readonly removes?: true;
  /** Where the job has no group of its own; legs of a matrix are kept apart. */
  readonly concurrency?: ConcurrencyGroup;
  /** Added to every job's condition. */
  readonly guard?: string;
  /** Jobs of the file that come before all of the model's. */
  readonly first?: readonly string[];
}

export function writeJob(name: string, place: JobPlace): StepsJobDocument {
  const job = place.pipeline.jobs[name]!;
  const around = surroundings(name, place);
  const text = (value: Value) => valueText(value, around);
  const outputs = promisedOutputs(place.pipeline, name);
  const clouds = cloudsOf(job);
  const attested = place.options.attest === "yes" && job.per === "release" && Object.keys(job.artifacts).length > 0;
  const reference = `${place.pipeline.name}.${name}`;
  const steps: StepDocument[] = [checkout(), begin(reference, job, place), ...toolSteps(job)];
  steps.push(...clouds.map((cloud) => signIn(cloud, `${place.pipeline.name}-${name}`)));
  const pulls = readsPackages(outputsRead(place.pipeline, job), place.delivery);
  if (pushesPackages(job)) steps.push(packagesSignIn);
  else if (pulls) steps.push(packagesSignInToPull);
  const images = clouds.includes("aws") ? imagesOf("ecr", outputsRead(place.pipeline, job), place.delivery) : [];
  steps.push(...[...new Set(images)].map((image) => ecrSignInToPull(text({ output: image }))));
  steps.push(...job.uses.map((use) => takeArtifact(use, job, place)));
  steps.push(...job.steps.map((step) => ownStep({ step, job, place, around })));
  if (Object.keys(outputs).length > 0) {
    steps.push({ id: "publish", uses: localAction(place.delivery, "publish"), with: { job: reference } });
  }
  if (job.report !== undefined) steps.push(reportStep(job.report, { reference, job, place }));
  steps.push(...Object.keys(job.artifacts).map((artifact) => leaveArtifact({ artifact, job, place, attested })));
  const needs = needsOf(job, place);
  const condition = jobCondition(job, { around, needs, place });
  const group = job.concurrency && text(job.concurrency.group);
  const wantsEnvironment =
    place.environment !== undefined && (job.deploys || clouds.length > 0 || readsSecrets(job, place.pipeline));
  return {
    kind: "steps",
    ...(job.matrix && {
      name: `${name} (${Object.keys(dimensions(job))
        .map((key) => computed(`matrix.${key}`))
        .join(", ")})`,
    }),
    needs,
    ...(condition !== undefined && { if: condition }),
    permissions: jobPermissions(job, {
      signsIn: clouds.length > 0,
      attested,
      verifies: verifies(job, place),
      pulls,
      // Whether the pull request of a preview is still open and has no newer commit; or, before it is removed, closed.
      asksOfPulls: job.deploys && !place.looks && previewOf(place.delivery) !== undefined,
    }),
    ...concurrencyOf(job, group, place),
    ...machineOf(job, { delivery: place.delivery, options: place.options, text }),
    ...(wantsEnvironment && {
      environment: admittedTo(
        place.environment!.known ??
          place.environment!.defined ??
          computed(definedName(place.environment!.expression, place.delivery)),
        place.options,
      ),
    }),
    timeoutMinutes: minutes(job.timeoutMs),
    ...(job.continueOnFailure && { continueOnError: true }),
    ...(job.matrix && {
      strategy: {
        failFast: job.matrix.failFast,
        ...(job.matrix.maxParallel !== undefined && { maxParallel: job.matrix.maxParallel }),
        matrix: {
          ...literals(job.matrix.values),
          ...(job.matrix.include.length > 0 && { include: literals(job.matrix.include) }),
          ...(job.matrix.exclude.length > 0 && { exclude: literals(job.matrix.exclude) }),
        },
      },
    }),
    outputs: {
      ...Object.fromEntries(
        Object.keys(outputs).map((output) => [output, computed(`steps.publish.outputs.${output}`)]),
      ),
      ...Object.fromEntries(
        Object.keys(job.artifacts).map((artifact) => [
          digestOutput(artifact),
          computed(`steps.${packId(artifact)}.outputs.digest`),
        ]),
      ),
    },
    env: mapValues({ ...place.pipeline.env, ...job.env }, (value) => text(value), place, job),
    ...withFolder(folderOf(place.pipeline, job)),
    steps,
  };
}

function concurrencyOf(
  { matrix }: Job,
  own: string | undefined,
  { concurrency }: JobPlace,
): Pick<StepsJobDocument, "concurrency"> {
  if (own !== undefined) return { concurrency: { group: own } };
  if (concurrency === undefined) return {};
  const leg = matrix === undefined ? "" : `-${computed("strategy.job-index")}`;
  return { concurrency: { ...concurrency, group: `${concurrency.group}${leg}` } };
}

/** Every text in a structure of the definition's own. */
function literals<T>(value: T): T {
  if (typeof value === "string") return literal(value) as T;
  if (Array.isArray(value)) return value.map(literals) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, literals(inner)])) as T;
}

const minutes = (ms: number) => Math.max(1, Math.ceil(ms / 60_000));
const packId = (artifact: string) => `pack-${artifact}`;

function dimensions(job: Job): Record<string, unknown> {
  const { values = {}, include = [] } = job.matrix ?? {};
  return { ...values, ...include[0] };
}

function withFolder(folder: string): { workingDirectory?: string } {
  return folder === "." ? {} : { workingDirectory: folder };
}

/** Joined and without `.`: `web/api`. */
function joinFolders(...parts: readonly string[]): string {
  const names: string[] = [];
  for (const part of parts.flatMap((one) => one.split("/"))) {
    if (part === "..") names.pop();
    else if (part !== "." && part !== "") names.push(part);
  }
  return names.length === 0 ? "." : names.join("/");
}

export function folderOf(pipeline: Pipeline, job: Job): string {
  return joinFolders(pipeline.workingDirectory, job.workingDirectory);
}

/** Values of a pipeline that exist once for each environment have no meaning in what is per release. */
function mapValues(
  env: Readonly<Record<string, Value>>,
  text: (value: Value) => string,
  place: JobPlace,
  job: Job,
): Record<string, string> {
  const entries = Object.entries(env).filter(([name, value]) => {
    if (job.per === "environment" || Object.hasOwn(job.env, name)) return true;
    return !readsEnvironment(value, place);
  });
  return Object.fromEntries(entries.map(([name, value]) => [name, text(value)]));
}

function readsEnvironment(value: Value, { delivery }: JobPlace): boolean {
  if (typeof value === "string") return false;
  if (Array.isArray(value)) return value.some((part) => readsEnvironment(part, { delivery } as JobPlace));
  if (!("output" in value)) return false;
  const [owner, name] = value.output.split(".") as [string, string];
  const pipeline = delivery.pipelines.find((one) => one.name === owner)!;
  return pipeline.jobs[pipeline.outputs[name]!.job]!.per === "environment";
}

function surroundings(name: string, place: JobPlace): Surroundings {
  return {
    delivery: place.delivery,
    pipeline: place.pipeline.name,
    job: name,
    environment: place.environment?.expression,
    knownEnvironment: place.environment?.known,
    definedEnvironment: place.environment?.known ?? place.environment?.defined,
    commit: place.commit,
    event: place.event,
    branch: place.branch,
    isInContainer: place.pipeline.jobs[name]!.container !== undefined,
    parameter: place.parameter,
    output: (reference) => {
      const [owner, output] = reference.split(".") as [string, string];
      const publisher = owner === place.pipeline.name ? place.idOf(place.pipeline.outputs[output]!.job) : undefined;
      return publisher === undefined ? place.output(reference) : `needs.${publisher}.outputs.${output}`;
    },
  };
}

/** The jobs of the file that it waits for: those it needs, and those whose outputs or artifacts it reads. */
function needsOf(job: Job, place: JobPlace): string[] {
  const { pipeline } = place;
  const own = (reference: string) => (reference.startsWith(`${pipeline.name}.`) ? reference.split(".")[1]! : undefined);
  const makers = [
    ...job.needs,
    ...outputsRead(pipeline, job).flatMap((reference) => {
      const name = own(reference);
      return name === undefined ? [] : [pipeline.outputs[name]!.job];
    }),
    ...job.uses.flatMap(({ artifact }) => {
      const name = own(artifact);
      return Object.entries(pipeline.jobs).flatMap(([maker, { artifacts }]) =>
        name !== undefined && Object.hasOwn(artifacts, name) ? [maker] : [],
      );
    }),
  ];
  const self = Object.entries(pipeline.jobs).find(([, other]) => other === job)![0];
  const ids = makers.filter((maker) => maker !== self).flatMap((maker) => place.idOf(maker) ?? []);
  return [...new Set([...(place.first ?? []), ...ids])];
}

/**
 * GitHub's own rule asks whether everything before a job succeeded, however far, and takes a skipped job for a failure. The
 * model asks the direct needs. Where the two could differ, the condition says what the model means.
 */
function jobCondition(
  job: Job,
  { around, needs, place }: { around: Surroundings; needs: readonly string[]; place: JobPlace },
): string | undefined {
  if (job.runsAfter === "failure" && needs.length === 0) return "false";
  const parts: string[] = [];
  if (job.runsAfter === "failure") parts.push("failure()");
  if (job.runsAfter === "always") parts.push("always()");
  if (job.runsAfter === "success" && needs.length > 0 && hasUnevenPast(job, place)) {
    parts.push("!cancelled()", ...needs.map((need) => `needs.${need}.result == 'success'`));
  }
  if (place.guard !== undefined) parts.push(place.guard);
  if (job.per === "environment" && job.runsAfter === "success") parts.push(...releaseConditions(job, around, place));
  if (job.condition !== undefined) parts.push(conditionExpression(job.condition, around));
  return parts.length === 0 ? undefined : parts.join(" && ");
}

/** What needs a job that is left out is left out as well, also where that job ran in the release's own workflow. */
function releaseConditions(job: Job, around: Surroundings, { pipeline }: JobPlace): string[] {
  const before = new Set(job.needs.filter((need) => pipeline.jobs[need]!.per === "release"));
  for (const earlier of before) for (const further of pipeline.jobs[earlier]!.needs) before.add(further);
  const inRelease: Surroundings = {
    ...around,
    environment: undefined,
    knownEnvironment: undefined,
    definedEnvironment: undefined,
  };
  return [...before].flatMap((name) => {
    const { condition } = pipeline.jobs[name]!;
    return condition === undefined ? [] : [conditionExpression(condition, inRelease)];
  });
}

/** Whether something before its direct needs may be skipped or fail without stopping them. */
function hasUnevenPast(job: Job, { pipeline }: JobPlace): boolean {
  const before = new Set(job.needs.flatMap((need) => pipeline.jobs[need]!.needs));
  for (const earlier of before) for (const further of pipeline.jobs[earlier]!.needs) before.add(further);
  const past = [...before, ...job.needs].map((name) => pipeline.jobs[name]!);
  return past.some(({ runsAfter, condition }) => runsAfter !== "success" || condition !== undefined);
}

function jobPermissions(
  job: Job,
  {
    signsIn,
    attested,
    verifies,
    pulls,
    asksOfPulls,
  }: Readonly<Record<"signsIn" | "attested" | "verifies" | "pulls" | "asksOfPulls", boolean>>,
): Permissions {
  const taking = job.uses.length > 0;
  return {
    ...((job.deploys || taking) && { actions: "read" as const }),
    ...(attested ? { attestations: "write" as const } : verifies ? { attestations: "read" as const } : {}),
    contents: "read",
    ...((signsIn || attested) && { "id-token": "write" as const }),
    ...(pushesPackages(job) ? { packages: "write" as const } : pulls ? { packages: "read" as const } : {}),
    ...(asksOfPulls && { "pull-requests": "read" as const }),
  };
}

/** Whether it takes artifacts that are signed where they are built. */
function verifies(job: Job, { delivery, options }: JobPlace): boolean {
  if (options.attest !== "yes") return false;
  return job.uses.some(({ artifact }) => makerOf(artifact, delivery).per === "release");
}

function makerOf(reference: string, delivery: Delivery): Job {
  const [owner, name] = reference.split(".") as [string, string];
  const pipeline = delivery.pipelines.find((one) => one.name === owner)!;
  return Object.values(pipeline.jobs).find(({ artifacts }) => Object.hasOwn(artifacts, name))!;
}

function readsSecrets(job: Job, pipeline: Pipeline): boolean {
  return secretsRead(pipeline, job).length > 0;
}

function begin(reference: string, job: Job, place: JobPlace): StepDocument {
  const { delivery, environment, commit, given } = place;
  const caches = place.options.caches === "no" ? [] : cachesOf(job, place.pipeline);
  const isElsewhere = (reference: string) => {
    const [owner, output] = reference.split(".") as [string, string];
    return owner !== place.pipeline.name || place.idOf(place.pipeline.outputs[output]!.job) === undefined;
  };
  const read = outputsRead(place.pipeline, job);
  const takes = read.some(isElsewhere);
  return {
    uses: localAction(delivery, "begin"),
    with: {
      job: reference,
      ...(environment && { environment: environment.known ?? computed(environment.expression) }),
      ...(commit !== "github.sha" && { commit: computed(commit) }),
      ...(takes && { given: computed(given) }),
      ...(read.some((one) => !isElsewhere(one)) && { needs: computed("toJSON(needs)") }),
      ...(place.looks && { looks: "yes" }),
      ...(place.removes && { removes: "yes" }),
      ...(caches.length > 0 && { caches: caches.join(" ") }),
    },
  };
}

function ownStep(options: { step: Step; job: Job; place: JobPlace; around: Surroundings }): StepDocument {
  const { step, job, place, around } = options;
  const text = (value: Value) => valueText(value, around);
  const native = nativeStep(step, (input) => {
    const value = step.action?.inputs[input];
    return value === undefined ? undefined : text(value);
  });
  const condition = step.condition && conditionExpression(step.condition, around);
  const rest = {
    ...(condition !== undefined && { if: condition }),
    ...(step.timeoutMs !== undefined && { timeoutMinutes: minutes(step.timeoutMs) }),
    ...(step.continueOnFailure && { continueOnError: true }),
  };
  if (native !== undefined) return { ...native, ...rest };
  if (step.run.includes("${{")) {
    throw new CannotWrite(
      `${place.pipeline.name}: the step "${step.name}" has \${{ in its script, which GitHub would replace before the shell sees it`,
      "hand the value over in env",
      ["pipelines", place.pipeline.name],
    );
  }
  const folder = joinFolders(folderOf(place.pipeline, job), step.workingDirectory);
  return {
    // A command that was given no name of its own says itself what it does.
    ...(step.name !== step.run && { name: literal(step.name) }),
    ...rest,
    ...(step.shell === "sh" && { shell: "sh" as const }),
    ...(folder !== folderOf(place.pipeline, job) && { workingDirectory: folder }),
    env: Object.fromEntries(Object.entries(step.env).map(([name, value]) => [name, text(value)])),
    run: retried(step.run.endsWith("\n") || !step.run.includes("\n") ? step.run : `${step.run}\n`, job.retry),
  };
}

function takeArtifact(use: Job["uses"][number], job: Job, place: JobPlace): StepDocument {
  const [owner, name] = use.artifact.split(".") as [string, string];
  const made = place.delivery.pipelines.find((pipeline) => pipeline.name === owner)!;
  const [makerName, maker] = Object.entries(made.jobs).find(([, { artifacts }]) => Object.hasOwn(artifacts, name))!;
  const here = owner === place.pipeline.name ? place.idOf(makerName) : undefined;
  const environment =
    maker.per === "release" ? undefined : (place.environment?.known ?? computed(place.environment!.expression));
  const elsewhere = here === undefined ? place.artifact(use.artifact) : undefined;
  const digest = here === undefined ? elsewhere!.digest : `needs.${here}.outputs.${digestOutput(name)}`;
  const isSigned = place.options.attest === "yes" && maker.per === "release";
  return {
    name: `Take ${name} of ${owner}`,
    uses: localAction(place.delivery, "place"),
    with: {
      name: elsewhere?.name ?? place.artifactNames.of(use.artifact, environment),
      ...(elsewhere && { run: computed(elsewhere.run) }),
      digest: computed(digest),
      path: joinFolders(folderOf(place.pipeline, job), use.path),
      ...(isSigned && { signer: place.signer(owner) }),
    },
  };
}

/** GitHub masks nothing but logs, so the job's secrets go along to be taken out. */
function reportStep(
  file: string,
  { reference, job, place }: { reference: string; job: Job; place: JobPlace },
): StepDocument {
  const secrets = secretsRead(place.pipeline, job).map((name) => computed(`toJSON(secrets.${name})`));
  return {
    name: "Report",
    uses: localAction(place.delivery, "report"),
    with: {
      job: reference,
      file: joinFolders(folderOf(place.pipeline, job), file),
      ...(secrets.length > 0 && { secrets: `[${secrets.join(", ")}]` }),
    },
  };
}

function leaveArtifact(options: { artifact: string; job: Job; place: JobPlace; attested: boolean }): StepDocument {
  const { artifact, job, place, attested } = options;
  const environment =
    job.per === "release" ? undefined : (place.environment?.known ?? computed(place.environment!.expression));
  return {
    id: packId(artifact),
    name: `Keep ${artifact}`,
    uses: localAction(place.delivery, "pack"),
    with: {
      name: place.artifactNames.of(`${place.pipeline.name}.${artifact}`, environment),
      path: joinFolders(folderOf(place.pipeline, job), job.artifacts[artifact]!.path),
      ...(attested && { attest: "yes" }),
    },
  };
}
