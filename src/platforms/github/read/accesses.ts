import type { Access } from "../../../facts/access.ts";
import { freshState, type MachineState } from "../../../shell/machine-state.ts";
import { scriptAccesses } from "../../../shell/recognise.ts";
import type { Job, LocalAction, Repository, Step, StepsJob, Workflow } from "../workflow.ts";
import { actionAccesses } from "./commands/recognise-actions.ts";
import { scriptText } from "./commands/script-text.ts";
import { stepSetting } from "./commands/step-setting.ts";

type Files = Pick<Repository, "actions" | "files">;

/** The job a step runs in, and the workflow that job is written in. */
export interface StepOwner {
  readonly job: Job;
  readonly level: { readonly workflow: Workflow };
}

/** What a step does, with the texts of the repository's own files that it runs. */
interface Done {
  readonly accesses: readonly Access[];
  readonly opened: string;
}

const doneByJob = new WeakMap<StepsJob, ReadonlyMap<Step, Done>>();

/**
 * What a step reads and writes outside of its job, starts, or waits for. A step of a composite action has the accesses it
 * has in this job. Names keep their holes: inputs, variables and contexts are for the caller to fill in.
 */
export function accessesOf(repository: Files, step: Step, owner: StepOwner): readonly Access[] {
  return doneBy(repository, step, owner)?.accesses ?? [];
}

/** Commands of scripts and tasks that the step calls, as text; empty where it calls none that is there. */
export function openedBy(repository: Files, step: Step, owner: StepOwner): string {
  return doneBy(repository, step, owner)?.opened ?? "";
}

function doneBy(repository: Files, step: Step, { job, level }: StepOwner): Done | undefined {
  if (job.kind !== "steps") return undefined;
  let known = doneByJob.get(job);
  if (!known) {
    known = doneInJob(repository, level.workflow, job);
    doneByJob.set(job, known);
  }
  return known.get(step);
}

/** Composite actions in composite actions deeper than this GitHub does not run. */
const MAX_NESTING = 9;

/** Actions that use one another many times would otherwise multiply. */
const MAX_STEPS = 5_000;

/** Reads the steps in order: what one step signs in to, checks out or writes down, later ones use. */
function doneInJob(repository: Files, workflow: Workflow, job: StepsJob): ReadonlyMap<Step, Done> {
  const state = freshState();
  const result = new Map<Step, Done>();
  let visited = 0;
  const visit = (steps: readonly Step[], action: LocalAction | undefined, depth: number): void => {
    for (const step of steps) {
      if (++visited > MAX_STEPS) return;
      const used = step.kind === "uses" && step.uses.kind === "local" ? step.uses.path : undefined;
      const inner = repository.actions.find((each) => each.path === used);
      if (used !== undefined && inner && depth < MAX_NESTING) visit(inner.steps, inner, depth + 1);
      else {
        const accesses = accessesOfStep(step, { workflow, job, action, files: repository.files }, state);
        result.set(step, { accesses, opened: state.opened.splice(0).join("\n") });
      }
    }
  };
  visit(job.steps, undefined, 0);
  return result;
}

interface Owner {
  readonly workflow: Workflow;
  readonly job: StepsJob;
  readonly action: LocalAction | undefined;
  readonly files: Repository["files"];
}

function accessesOfStep(step: Step, owner: Owner, state: MachineState): readonly Access[] {
  return written(step, owner, state).map((access) => realDatabase(access, owner.job));
}

/** Migrations run against a test's own database, unless the job is there for an environment. */
function realDatabase(access: Access, job: StepsJob): Access {
  const isMigration = access.kind === "resource" && access.resource === "database" && access.effect === "none";
  if (!isMigration || !job.environment || job.services.length > 0) return access;
  return { ...access, effect: "deploy", confidence: "medium" };
}

function written(step: Step, owner: Owner, state: MachineState): readonly Access[] {
  const setting = stepSetting(step, owner, state);
  switch (step.kind) {
    case "run":
      return scriptAccesses([scriptText(step.run)], setting);
    case "uses":
      return actionAccesses(step, setting);
    case "broken":
      return [];
    default:
      return step satisfies never;
  }
}
