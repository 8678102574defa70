/**
 * Job instances: the jobs of one run, those of called workflows inside their callers.
 */

import { calledWorkflow } from "../read/calls.ts";
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

export function detectsChangesIn(instance: Instance, stepId: string): boolean {
  const { job } = instance;
  if (job.kind !== "steps") return false;
  const step = job.steps.find((each) => each.id?.value.toLowerCase() === stepId);
  return step?.kind === "uses" && step.uses.kind === "action" && changeDetectors.test(step.uses.name);
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
