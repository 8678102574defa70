/**
 * Job instances: the jobs of one run, those of called workflows inside their callers.
 */

import { asksHowRunsEnded } from "../../../facts/asking.ts";
import { calledWorkflow } from "../read/calls.ts";
import { entryValue } from "../read/fields.ts";
import type { Job, Repository, Workflow } from "../workflow.ts";

/** GitHub connects ten levels; deeper ones do not run. */
const MAX_LEVELS = 10;

/** One workflow within a run: the entry itself, or a called one inside the job that calls it. */
export interface Level {
  readonly workflow: Workflow;
  readonly caller: Instance | undefined;
  readonly jobs: Map<string, Instance>;
}

export interface Instance {
  readonly id: string;
  readonly path: readonly string[];
  readonly job: Job;
  readonly level: Level;
  /** For a call of a local workflow. */
  readonly inner: Level | undefined;
}

export interface LevelRequest {
  readonly repository: Repository;
  readonly workflow: Workflow;
  readonly caller: Instance | undefined;
  readonly instances: Instance[];
  readonly open: readonly string[];
}

/** A workflow with its jobs, and what they call. */
export function levelOf({ repository, workflow, caller, instances, open }: LevelRequest): Level {
  const level: Level = { workflow, caller, jobs: new Map() };
  for (const job of workflow.jobs) {
    const path = [...(caller?.path ?? []), job.id];
    const called = job.kind === "call" ? calledWorkflow(repository, job) : undefined;
    const enters = called && !open.includes(called.file) && open.length < MAX_LEVELS;
    const instance: { -readonly [K in keyof Instance]: Instance[K] } = {
      id: `${open[0]}#${path.join("/")}`,
      path,
      job,
      level,
      inner: undefined,
    };
    instances.push(instance);
    level.jobs.set(job.id, instance);
    if (enters) {
      instance.inner = levelOf({
        repository,
        workflow: called,
        caller: instance,
        instances,
        open: [...open, called.file],
      });
    }
  }
  return level;
}

/** Direct needs, in the same workflow. */
export function needsOf(instance: Instance): Instance[] {
  return instance.job.needs.flatMap((need) => instance.level.jobs.get(need.value) ?? []);
}

/** All jobs before it in the same workflow, each once. */
export function ancestors(instance: Instance): Instance[] {
  const seen = new Set<Instance>();
  const open = needsOf(instance);
  for (let next = open.pop(); next; next = open.pop()) {
    if (seen.has(next) || next === instance) continue;
    seen.add(next);
    open.push(...needsOf(next));
  }
  return [...seen];
}

export function failureIgnored(job: Job): boolean | undefined {
  const setting = job.kind === "steps" ? job.continueOnError : undefined;
  return setting ? (setting.kind === "known" ? setting.value : undefined) : false;
}

const changeDetectors = /(paths-filter|changed-files|paths-changes|path-filter|changed-|detect-changes|get-changed)/;

/** Outputs of such jobs say what a change touches: they hold nobody back because something failed. */
export function detectsChanges(instance: Instance): boolean {
  const { job } = instance;
  return (
    job.kind === "steps" &&
    job.steps.some(
      (step) => step.kind === "uses" && step.uses.kind === "action" && changeDetectors.test(step.uses.name),
    )
  );
}

/** Actions whose outputs say what there is: names, versions, addresses, what is cached. */
const tellers =
  /^(actions\/(cache|setup-[\w-]+|upload-artifact|checkout)|docker\/[\w-]+|aws-actions\/[\w-]+|azure\/login|google-github-actions\/(auth|setup-gcloud)|hashicorp\/setup-terraform)|(^|[/-])(tag|version|semver|semantic-release|release-please|metadata)[\w-]*$/;

/**
 * What a step hands on is made of files, names and times: it keeps nobody back because other work has failed. But a script
 * that asks for that, and an action that is not known, may be somebody's guard.
 */
export function onlyTells(instance: Instance, stepId: string): boolean {
  const { job } = instance;
  if (job.kind !== "steps") return false;
  const step = job.steps.find((each) => each.id?.value.toLowerCase() === stepId);
  if (step?.kind === "run") return !asksHowRunsEnded(step.run.raw);
  if (step?.kind !== "uses" || step.uses.kind !== "action") return false;
  if (step.uses.name === "actions/github-script") {
    return !asksHowRunsEnded(entryValue(step.with, "script")?.raw ?? "");
  }
  return changeDetectors.test(step.uses.name) || tellers.test(step.uses.name);
}

/** The same for an output of the whole job, by the steps that it is made of. */
export function outputOnlyTells(instance: Instance, output: string): boolean {
  const { job } = instance;
  const template = job.kind === "steps" ? entryValue(job.outputs, output) : undefined;
  const parts = template?.parts.flatMap((part) => (part.kind === "expression" ? [part.expression.text] : [])) ?? [];
  const steps = parts.flatMap((text) => [...text.matchAll(/\bsteps\.([\w-]+)\.(\w+)/g)]);
  return (
    steps.length > 0 && steps.every(([, id, field]) => field === "outputs" && onlyTells(instance, id!.toLowerCase()))
  );
}

/** A step writes this variable for those after it, and only tells something with it. */
export function environmentOnlyTells({ job }: Instance, name: string): boolean {
  if (job.kind !== "steps") return false;
  const writes = job.steps.flatMap((step) =>
    step.kind === "run" && step.run.raw.includes("GITHUB_ENV") && step.run.raw.toLowerCase().includes(name)
      ? [step.run.raw]
      : [],
  );
  return writes.length > 0 && !writes.some(asksHowRunsEnded);
}

/** A stand-in for keys of a whole workflow: they see what a job without needs sees. */
export function levelInstance(level: Level, id: string): Instance {
  const { workflow } = level;
  const job: Job = {
    kind: "steps",
    id: "",
    idAt: workflow.at,
    name: undefined,
    needs: [],
    if: undefined,
    strategy: undefined,
    concurrency: undefined,
    permissions: undefined,
    at: workflow.at,
    runsOn: undefined,
    environment: undefined,
    outputs: undefined,
    env: undefined,
    defaults: undefined,
    continueOnError: undefined,
    timeoutMinutes: undefined,
    container: undefined,
    services: [],
    steps: [],
  };
  return { id: `keys of ${id}`, path: level.caller?.path ?? [], job, level, inner: undefined };
}
