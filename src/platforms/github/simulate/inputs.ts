/** `inputs` and `secrets`: what the event or the caller gives, with the types and defaults that are declared. */

import { evaluateTemplate } from "../read/conditions.ts";
import { type Environment, environment } from "../read/expressions/evaluate.ts";
import { known, oneOf, record, unknown, type Value } from "../read/expressions/value.ts";
import { entryValue } from "../read/fields.ts";
import type { Workflow, WorkflowInput } from "../workflow.ts";
import type { Scope, SimLeg, SimRun } from "./world.ts";

/** What the keys of a calling job see. */
export type CallerEnvironment = (caller: SimLeg) => Environment;

/** A run has the inputs of the trigger that made it; a called workflow those of `workflow_call`. */
export function inputsContext(scope: Scope, around: CallerEnvironment): Value {
  const { caller, run, workflow } = scope;
  const entries: Record<string, Value> = {};
  if (caller !== undefined) {
    for (const input of declared(workflow, "workflow_call"))
      entries[input.name.value] = calledInput(input, caller, around);
    return record(entries);
  }
  const { event } = run.origin;
  if (event !== "workflow_call" && event !== "workflow_dispatch") return known({});
  for (const input of declared(workflow, event)) entries[input.name.value] = givenInput(input, run);
  return record(entries);
}

function declared(workflow: Workflow, event: "workflow_call" | "workflow_dispatch"): readonly WorkflowInput[] {
  return workflow.triggers.flatMap((trigger) => (trigger.event === event && "inputs" in trigger ? trigger.inputs : []));
}

function calledInput(input: WorkflowInput, caller: SimLeg, around: CallerEnvironment): Value {
  const { job } = caller.job;
  const given = job.kind === "call" ? job.with : undefined;
  const entry = entryValue(given, input.name.value);
  if (entry) return typed(input, evaluateTemplate(entry, around(caller)));
  if (given?.expression) return unknown;
  return defaultOf(input, around(caller));
}

/** Whoever starts a run must give what is required: a value that the scenario does not tell. */
function givenInput(input: WorkflowInput, run: SimRun): Value {
  const given = run.origin.inputs.get(input.name.value.toLowerCase());
  if (given !== undefined) return typed(input, given);
  if (input.default || !input.required) return defaultOf(input, environment({}));
  return input.options.length > 0 ? oneOf(input.options.map(({ value }) => value)) : unknown;
}

function defaultOf(input: WorkflowInput, around: Environment): Value {
  if (input.default) return typed(input, evaluateTemplate(input.default, around));
  return known(input.type === "boolean" ? false : input.type === "number" ? 0 : "");
}

function typed(input: WorkflowInput, value: Value): Value {
  if (value.kind !== "known" || typeof value.value !== "string") return value;
  if (input.type === "boolean") return known(value.value.toLowerCase() === "true");
  return input.type === "number" ? known(Number(value.value)) : value;
}

/** A called workflow has the secrets that its caller hands over; runs of changes from outside have none. */
export function secretsContext(scope: Scope, around: CallerEnvironment): Value {
  const { caller, run } = scope;
  const token = { github_token: known("token") };
  if (caller === undefined) return isWithoutSecrets(run) ? record(token) : unknown;
  const { job, scope: outer } = caller.job;
  if (job.kind !== "call" || job.secrets.kind === "none") return record(token);
  if (job.secrets.kind === "inherit") return secretsContext(outer, around);
  const { entries, expression } = job.secrets.map;
  if (expression) return unknown;
  const given = entries.map(({ key, value }) => [key.value, evaluateTemplate(value, around(caller))] as const);
  return record({ ...token, ...Object.fromEntries(given) });
}

/** `pull_request_target` and whatever follows on a run have them, whoever opened the pull request. */
function isWithoutSecrets({ origin }: SimRun): boolean {
  return origin.outsider && origin.event === "pull_request";
}
