/** The contexts of GitHub's expressions, as they are for one run, job or step of the simulation. */

import type { OutputRule } from "../../../simulation/scenario.ts";
import { evaluateTemplate, templateText } from "../read/conditions.ts";
import type { Environment } from "../read/expressions/evaluate.ts";
import { walk } from "../read/expressions/parse.ts";
import { known, oneOf, record, unknown, type Value } from "../read/expressions/value.ts";
import { entryValue } from "../read/fields.ts";
import type { LocalAction, Repository, Step, Template, TemplateMap, UsesStep, Workflow } from "../workflow.ts";
import { githubContext, type RepositoryFacts } from "./github-context.ts";
import { inputsContext, secretsContext } from "./inputs.ts";
import { ancestorsOf } from "./job-graph.ts";
import { jobsContext, needsContext, type OutputSources, stepsContext } from "./outputs.ts";
import type { Scope, SimJob, SimLeg } from "./world.ts";

/** From where an expression looks: a whole workflow, a job about to be decided, a leg, a step. */
export interface View {
  readonly scope: Scope;
  readonly job?: SimJob;
  readonly leg?: SimLeg;
  readonly step?: Step;
  /** Inside a local action: which one, and the view of the step that uses it. */
  readonly action?: { readonly action: LocalAction; readonly use: UsesStep; readonly outer: View };
}

/** Values that hold for the whole simulation. */
export interface Assumptions extends RepositoryFacts {
  readonly choices: readonly ChosenPath[];
  readonly outputs: readonly OutputRule[];
  /** What has been worked out for a run or one of its workflows and cannot change any more. */
  readonly settled: WeakMap<object, Map<string, Value>>;
}

/** `vars.DEPLOY` as context and path, in lower case. */
export interface ChosenPath {
  readonly context: string;
  readonly path: readonly string[];
  readonly value: Value;
}

export function viewOfLeg(leg: SimLeg): View {
  return { scope: leg.job.scope, job: leg.job, leg };
}

/** `owner/name` from the clone, or one of the names that the expressions mention, or another. */
export function repositoryName(repository: Repository): Value {
  if (repository.slug.kind === "known") return known(repository.slug.value);
  const mentioned = new Set<string>(["this/repository"]);
  for (const workflow of repository.workflows) for (const name of namesIn(workflow)) mentioned.add(name);
  return oneOf([...mentioned].slice(0, 32));
}

/** Literals of the form `owner/name` in the conditions of jobs and steps. */
function* namesIn(workflow: Workflow): Generator<string> {
  for (const job of workflow.jobs) {
    const conditions = [job.if, ...(job.kind === "steps" ? job.steps.map((step) => step.if) : [])];
    for (const condition of conditions) {
      if (condition?.expression.kind !== "expression") continue;
      for (const node of walk(condition.expression.syntax)) {
        if (node.kind === "literal" && typeof node.value === "string" && /^[\w.-]+\/[\w.-]+$/.test(node.value)) {
          yield node.value;
        }
      }
    }
  }
}

/** The environment in which an expression of this view is evaluated. Contexts are built when they are asked for. */
export function environmentOf(view: View, assumptions: Assumptions, status?: Environment["status"]): Environment {
  const made = new Map<string, Value>();
  const environment: Environment = {
    context(name) {
      let value = made.get(name);
      if (value === undefined) {
        value = contextOf(name, view, assumptions, environment);
        for (const { context, path, value: chosen } of assumptions.choices) {
          if (context === name) value = withChoice(value, path, chosen);
        }
        made.set(name, value);
      }
      return value;
    },
    ...(status ? { status } : {}),
  };
  return environment;
}

/** A choice fills in what is not known; it never contradicts what is. */
function withChoice(value: Value, [key, ...rest]: readonly string[], chosen: Value): Value {
  if (key === undefined) return value.kind === "known" ? value : chosen;
  const around: Value = value.kind === "unknown" ? record({}, "open") : value;
  if (around.kind !== "record") return value;
  const before = around.entries.get(key) ?? (around.open ? unknown : undefined);
  if (before === undefined) return value;
  return { ...around, entries: new Map(around.entries).set(key, withChoice(before, rest, chosen)) };
}

function contextOf(name: string, view: View, assumptions: Assumptions, around: Environment): Value {
  const { scope, job, leg } = view;
  const caller = (of: SimLeg) => environmentOf(viewOfLeg(of), assumptions);
  switch (name) {
    case "github":
      return github(view, assumptions);
    case "inputs":
      if (view.action) return actionInputs(view.action, assumptions);
      return remembered(assumptions, scope, "inputs", () => inputsContext(scope, caller));
    case "needs":
      return job ? needsContext(job, outputSources(assumptions)) : unknown;
    case "steps":
      return leg && !view.action ? stepsContext(leg, outputSources(assumptions)) : unknown;
    case "jobs":
      return jobsContext(scope, outputSources(assumptions));
    case "job":
      return leg
        ? record({ status: known(leg.cancelled ? "cancelled" : leg.failed ? "failure" : "success") }, "open")
        : unknown;
    case "matrix":
      return matrix(leg, around);
    case "strategy":
      return leg ? record({ "job-index": known(leg.index), "job-total": known(leg.job.legs.length) }, "open") : unknown;
    case "env":
      return env(view, around);
    case "secrets":
      return remembered(assumptions, scope, "secrets", () => secretsContext(scope, caller));
    default:
      return unknown;
  }
}

function remembered({ settled }: Assumptions, owner: object, name: string, make: () => Value): Value {
  let values = settled.get(owner);
  if (values === undefined) {
    values = new Map();
    settled.set(owner, values);
  }
  let value = values.get(name);
  if (value === undefined) {
    value = make();
    values.set(name, value);
  }
  return value;
}

function github({ scope: { run }, job }: View, assumptions: Assumptions): Value {
  const whole = remembered(assumptions, run, "github", () => githubContext(run, assumptions));
  if (job === undefined || whole.kind !== "record") return whole;
  return remembered(assumptions, job, "github", () => ({
    ...whole,
    entries: new Map(whole.entries).set("job", known(job.job.id)),
  }));
}

function actionInputs({ action, use, outer }: NonNullable<View["action"]>, assumptions: Assumptions): Value {
  const environment = environmentOf(outer, assumptions);
  const entries = action.inputs.map((input) => {
    const given = entryValue(use.with, input.name.value) ?? input.default;
    return [input.name.value, given ? evaluateTemplate(given, environment) : known("")] as const;
  });
  return record(Object.fromEntries(entries));
}

function outputSources(assumptions: Assumptions): OutputSources {
  return {
    rules: assumptions.outputs,
    inLeg: (template, leg) => templateText(template, environmentOf(viewOfLeg(leg), assumptions)),
    inScope: (template, scope) => templateText(template, environmentOf({ scope }, assumptions)),
  };
}

function matrix(leg: SimLeg | undefined, around: Environment): Value {
  if (leg?.matrix === undefined) return leg?.job.job.strategy?.matrix ? unknown : known(null);
  const entries: Record<string, Value> = {};
  for (const [key, value] of leg.matrix) {
    if (value.kind === "known") entries[key] = known(value.value);
    else entries[key] = value.kind === "template" ? evaluateTemplate(value.template, around) : unknown;
  }
  return record(entries);
}

/** Variables of the workflow, the job and the step as written; what steps add by `GITHUB_ENV` is not known. */
function env({ scope, job, step, action }: View, around: Environment): Value {
  const maps: (TemplateMap | undefined)[] = [scope.workflow.env, job?.job.kind === "steps" ? job.job.env : undefined];
  if (action) maps.push(action.use.env);
  maps.push(step?.env);
  const entries: Record<string, Value> = {};
  const outer: Environment = { context: (name) => (name === "env" ? record(entries, "open") : around.context(name)) };
  for (const map of maps) {
    const values = (map?.entries ?? []).map(({ key, value }) => [key.value, templateText(value, outer)] as const);
    for (const [key, value] of values) entries[key] = value;
  }
  return record(entries, "open");
}

/** Whether everything before a job ended well: `success()` and `failure()` look at every ancestor, however far. */
export function jobStatus(job: SimJob): NonNullable<Environment["status"]> {
  const before = ancestorsOf(job);
  const good = before.every(({ result, forgiven }) => result === "success" || forgiven);
  const failed = before.some(({ result, forgiven }) => result === "failure" && !forgiven);
  const { cancelled } = job.scope;
  return { success: known(good && !cancelled), failure: known(failed && !cancelled), cancelled: known(cancelled) };
}

/** A job that goes on while its run is cancelled still asks about itself. */
export function stepStatus({ failed, cancelled }: SimLeg): NonNullable<Environment["status"]> {
  return { success: known(!failed && !cancelled), failure: known(failed && !cancelled), cancelled: known(cancelled) };
}

/** Text of a lock's name; what is not known is written as it stands, so that equal texts share the lock. */
export function lockName(template: Template, environment: Environment): string {
  const value = templateText(template, environment);
  if (value.kind === "known") return value.value === null ? "" : String(value.value);
  if (value.kind !== "text") return template.raw;
  return `${value.pieces.map((piece) => piece ?? "?").join("")} (${template.raw})`;
}
