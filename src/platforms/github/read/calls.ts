import type { Finding } from "../../../findings/finding.ts";
import { locationOf, type Place } from "../../../findings/source.ts";
import type { CallJob, Repository, Workflow, WorkflowCallTrigger } from "../workflow.ts";
import { entryValue } from "./fields.ts";
import { invalidWorkflow } from "./problems.ts";

/** GitHub connects at most this many levels of workflows, the caller included. */
export const MAX_CALL_LEVELS = 10;

/** The workflow of this repository that a job calls; undefined for other repositories and missing files. */
export function calledWorkflow(repository: Pick<Repository, "workflows">, job: CallJob): Workflow | undefined {
  const { uses } = job;
  if (uses.kind !== "local") return undefined;
  return repository.workflows.find((workflow) => workflow.file === uses.path);
}

export function callTrigger(workflow: Workflow): WorkflowCallTrigger | undefined {
  return workflow.triggers.find((trigger) => trigger.event === "workflow_call");
}

/** What GitHub refuses about calls between the workflows of one repository. */
export function validateCalls(workflows: readonly Workflow[], unreadable: ReadonlySet<string>): Finding[] {
  const byFile = new Map(workflows.map((workflow) => [workflow.file, workflow]));
  const findings: Finding[] = [];
  const refuse = (message: string, at: Place) => findings.push(invalidWorkflow(message, locationOf(at)));
  for (const workflow of workflows) {
    for (const job of workflow.jobs) {
      if (job.kind !== "call" || job.uses.kind !== "local" || unreadable.has(job.uses.path)) continue;
      const called = byFile.get(job.uses.path);
      if (!called) {
        refuse(`The workflow '${job.uses.text}' that job '${job.id}' calls does not exist`, job.uses.at);
        continue;
      }
      const trigger = callTrigger(called);
      if (!trigger) refuse(`Job '${job.id}' calls '${job.uses.text}', which has no workflow_call trigger`, job.uses.at);
      else checkInputs({ job, trigger, refuse });
    }
  }
  return [...findings, ...validateLevels(workflows, byFile)];
}

interface InputCheck {
  readonly job: CallJob;
  readonly trigger: WorkflowCallTrigger;
  readonly refuse: (message: string, at: Place) => void;
}

function checkInputs({ job, trigger, refuse }: InputCheck): void {
  const given = job.with;
  if (given?.expression) return;
  for (const { name, required } of trigger.inputs) {
    if (required && !entryValue(given, name.value)) {
      refuse(`Input ${name.value} is required, but job '${job.id}' does not give it to ${job.uses.text}`, job.uses.at);
    }
  }
  const names = new Set(trigger.inputs.map((input) => input.name.value.toLowerCase()));
  for (const { key } of given?.entries ?? []) {
    if (!names.has(key.value.toLowerCase())) {
      refuse(`Input ${key.value} is not defined in the called workflow ${job.uses.text}`, key.at);
    }
  }
  if (job.secrets.kind !== "given" || job.secrets.map.expression) {
    if (job.secrets.kind === "none") requireSecrets({ job, trigger, refuse }, new Set());
    return;
  }
  const secrets = new Set(job.secrets.map.entries.map(({ key }) => key.value.toLowerCase()));
  requireSecrets({ job, trigger, refuse }, secrets);
}

function requireSecrets({ job, trigger, refuse }: InputCheck, given: ReadonlySet<string>): void {
  for (const { name, required } of trigger.secrets) {
    if (required && !given.has(name.value.toLowerCase())) {
      refuse(`Secret ${name.value} is required, but job '${job.id}' does not give it to ${job.uses.text}`, job.uses.at);
    }
  }
}

/** Calls in a circle, and chains of more levels than GitHub connects. */
function validateLevels(workflows: readonly Workflow[], byFile: ReadonlyMap<string, Workflow>): Finding[] {
  const findings: Finding[] = [];
  const levels = new Map<string, number>();
  const open = new Set<string>();
  const levelsBelow = (workflow: Workflow): number => {
    const known = levels.get(workflow.file);
    if (known !== undefined) return known;
    open.add(workflow.file);
    let deepest = 1;
    for (const job of workflow.jobs) {
      const called = job.kind === "call" && job.uses.kind === "local" ? byFile.get(job.uses.path) : undefined;
      if (job.kind !== "call" || !called) continue;
      if (open.has(called.file)) {
        const message = `Job '${job.id}' calls '${job.uses.text}', which calls back to this workflow`;
        findings.push(invalidWorkflow(message, locationOf(job.uses.at)));
        continue;
      }
      const depth = levelsBelow(called) + 1;
      if (depth === MAX_CALL_LEVELS + 1) {
        const message = `Job '${job.id}' begins a chain of ${depth} levels of workflows; GitHub connects at most ${MAX_CALL_LEVELS}`;
        findings.push(invalidWorkflow(message, locationOf(job.uses.at)));
      }
      deepest = Math.max(deepest, depth);
    }
    open.delete(workflow.file);
    levels.set(workflow.file, deepest);
    return deepest;
  };
  for (const workflow of workflows) levelsBelow(workflow);
  return findings;
}
