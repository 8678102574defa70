import type { Access } from "../../../facts/access.ts";
import { freshState, type MachineState } from "../../../shell/machine-state.ts";
import { scriptAccesses } from "../../../shell/recognise.ts";
import type { Job, LocalAction, Repository, Step, StepsJob, Workflow } from "../workflow.ts";
import { actionAccesses } from "./commands/recognise-actions.ts";
import { scriptText } from "./commands/script-text.ts";
import { stepSetting } from "./commands/step-setting.ts";

/** The job a step runs in, and the workflow that job is written in. */
export interface StepOwner {
  readonly job: Job;
  readonly level: { readonly workflow: Workflow };
}

const accessesByJob = new WeakMap<StepsJob, ReadonlyMap<Step, readonly Access[]>>();

/**
 * What a step reads and writes outside of its job, starts, or waits for. A step of a composite action has the accesses it
 * has in this job. Names keep their holes: inputs, variables and contexts are for the caller to fill in.
 */
export function accessesOf(
  repository: Pick<Repository, "actions">,
  step: Step,
  { job, level }: StepOwner,
): readonly Access[] {
  if (job.kind !== "steps") return [];
  let known = accessesByJob.get(job);
  if (!known) {
    known = accessesOfJob(repository, level.workflow, job);
    accessesByJob.set(job, known);
  }
  return known.get(step) ?? [];
}

/** Composite actions in composite actions deeper than this GitHub does not run. */
const MAX_NESTING = 9;

/** Actions that use one another many times would otherwise multiply. */
const MAX_STEPS = 5_000;

/** Reads the steps in order: what one step signs in to, checks out or writes down, later ones use. */
function accessesOfJob(
  repository: Pick<Repository, "actions">,
  workflow: Workflow,
  job: StepsJob,
): ReadonlyMap<Step, readonly Access[]> {
  const state = freshState();
  const result = new Map<Step, readonly Access[]>();
  let visited = 0;
  const visit = (steps: readonly Step[], action: LocalAction | undefined, depth: number): void => {
    for (const step of steps) {
      if (++visited > MAX_STEPS) return;
      const used = step.kind === "uses" && step.uses.kind === "local" ? step.uses.path : undefined;
      const inner = repository.actions.find((each) => each.path === used);
      if (used !== undefined && inner && depth < MAX_NESTING) visit(inner.steps, inner, depth + 1);
      else result.set(step, accessesOfStep(step, { workflow, job, action }, state));
    }
  };
  visit(job.steps, undefined, 0);
  return result;
}

interface Owner {
  readonly workflow: Workflow;
  readonly job: StepsJob;
  readonly action: LocalAction | undefined;
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
