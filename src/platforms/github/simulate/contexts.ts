/** The contexts of GitHub's expressions, as they are for one run, job or step of the simulation. */

import type { OutputRule } from "../../../facts/scenario.ts";
import { eventHas } from "../facts/event-context.ts";
import { evaluateTemplate, templateText } from "../read/conditions.ts";
import type { Environment } from "../read/expressions/evaluate.ts";
import { walk } from "../read/expressions/parse.ts";
import { known, oneOf, record, text, unknown, type Value } from "../read/expressions/value.ts";
import type { Repository, Template, TemplateMap, Workflow, WorkflowInput } from "../workflow.ts";
import { ancestorsOf } from "./job-graph.ts";
import { jobsContext, needsContext, type OutputSources, stepsContext } from "./outputs.ts";
import type { Origin, Scope, SimJob, SimLeg, SimRun } from "./world.ts";

/** From where an expression looks: a run, a job about to be decided, or a leg. */
export interface View {
  readonly run: SimRun;
  readonly scope?: Scope;
  readonly job?: SimJob;
  readonly leg?: SimLeg;
}

/** Values that hold for the whole simulation. */
export interface Assumptions {
  readonly defaultBranch: string;
  /** The same variable wherever the repository's own name occurs, so that comparing it with itself is certain. */
  readonly repository: Value;
  /** By path in lower case, from the scenario's choices. */
  readonly chosen: ReadonlyMap<string, Value>;
  readonly outputs: readonly OutputRule[];
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
export function environmentOf(view: View, assumptions: Assumptions, status: Environment["status"]): Environment {
  const made = new Map<string, Value>();
  const environment: Environment = {
    context(name) {
      let value = made.get(name);
      if (value === undefined) {
        value = contextOf(name, view, assumptions, environment);
        for (const [path, chosen] of assumptions.chosen) {
          const [first, ...rest] = path.split(".");
          if (first === name && rest.length > 0) value = withChoice(value, rest, chosen);
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
  switch (name) {
    case "github":
      return github(view, assumptions);
    case "inputs":
      return inputs(view, assumptions);
    case "needs":
      return view.job ? needsContext(view.job, outputSources(assumptions)) : unknown;
    case "steps":
      return view.leg ? stepsContext(view.leg, outputSources(assumptions)) : unknown;
    case "jobs":
      return view.scope ? jobsContext(view.scope, outputSources(assumptions)) : unknown;
    case "matrix":
      return matrix(view.leg, around);
    case "env":
      return env(view, around);
    case "secrets":
      return view.run.origin.outsider ? known({}) : unknown;
    default:
      return unknown;
  }
}

function outputSources(assumptions: Assumptions): OutputSources {
  const within = (template: Template, view: View) =>
    templateText(template, environmentOf(view, assumptions, undefined));
  return {
    rules: assumptions.outputs,
    inLeg: (template, leg) => within(template, { run: leg.job.scope.run, scope: leg.job.scope, job: leg.job, leg }),
    inScope: (template, scope) => within(template, { run: scope.run, scope }),
  };
}

const short = (ref: string) => ref.replace(/^refs\/(heads|tags|pull)\//, "");

function github({ run, job }: View, assumptions: Assumptions): Value {
  const { origin } = run;
  const entries: Record<string, Value> = {
    event_name: origin.event === "workflow_call" ? unknown : known(origin.event),
    ref: known(origin.ref),
    ref_name: known(short(origin.ref)),
    ref_type: known(origin.ref.startsWith("refs/tags/") ? "tag" : "branch"),
    sha: known(origin.sha),
    head_ref: known(origin.head ?? ""),
    base_ref: known(origin.base ?? ""),
    // In a called workflow this is still the caller's name.
    workflow: known(run.workflow.displayName),
    repository: assumptions.repository,
    run_id: known(`${1000 + run.info.id}`),
    run_number: known(`${run.info.id + 1}`),
    run_attempt: known("1"),
    event: payload(origin, assumptions),
  };
  if (job) entries.job = known(job.job.id);
  return record(entries, "open");
}

/** Parts that only some events have; in runs of others they are null. */
const payloadParts = [
  ...["pull_request", "number", "review", "issue", "comment", "release", "workflow_run", "inputs", "client_payload"],
  ...[
    "schedule",
    "head_commit",
    "commits",
    "deployment",
    "deployment_status",
    "check_suite",
    "check_run",
    "merge_group",
  ],
];

function payload(origin: Origin, assumptions: Assumptions): Value {
  const entries: Record<string, Value> = {};
  for (const part of payloadParts) if (eventHas(origin.event, part) === false) entries[part] = known(null);
  if (origin.action !== undefined) entries.action = known(origin.action);
  entries.repository = record(
    { full_name: assumptions.repository, default_branch: known(assumptions.defaultBranch), fork: known(false) },
    "open",
  );
  const { upstream } = origin;
  if (upstream !== undefined) entries.workflow_run = workflowRun(upstream, assumptions);
  if (origin.headSha !== undefined) entries.pull_request = pullRequest(origin, assumptions);
  if (origin.event === "push") entries.deleted = known(false);
  if (origin.event === "release") {
    entries.release = record({ tag_name: known(origin.tag ?? null), draft: known(false) }, "open");
  }
  if (origin.event === "workflow_dispatch") entries.inputs = known(origin.inputs);
  return record(entries, "open");
}

function workflowRun({ info, origin, workflow, conclusion, state }: SimRun, assumptions: Assumptions): Value {
  return record(
    {
      id: known(1000 + info.id),
      name: known(workflow.displayName),
      path: known(workflow.file),
      event: known(origin.event),
      status: known(state === "ended" ? "completed" : state === "queued" ? "queued" : "in_progress"),
      conclusion: known(conclusion ?? null),
      head_branch: known(origin.head ?? short(origin.ref)),
      head_sha: known(origin.headSha ?? origin.sha),
      head_repository: record({ full_name: ownerOf(origin, assumptions), fork: known(origin.outsider) }, "open"),
      repository: record({ full_name: assumptions.repository }, "open"),
    },
    "open",
  );
}

function pullRequest(origin: Origin, assumptions: Assumptions): Value {
  const head = { full_name: ownerOf(origin, assumptions), fork: known(origin.outsider) };
  return record(
    {
      number: known(1),
      merged: known(origin.merged),
      state: known(origin.action === "closed" ? "closed" : "open"),
      head: record(
        { ref: known(origin.head ?? ""), sha: known(origin.headSha ?? ""), repo: record(head, "open") },
        "open",
      ),
      base: record(
        { ref: known(origin.base ?? ""), repo: record({ full_name: assumptions.repository }, "open") },
        "open",
      ),
    },
    "open",
  );
}

/** Full name of the repository that a change comes from. */
function ownerOf(origin: Origin, assumptions: Assumptions): Value {
  return origin.outsider ? known("somebody/fork") : assumptions.repository;
}

function inputs(view: View, assumptions: Assumptions): Value {
  const { run } = view;
  const scope = view.scope ?? run.scope;
  const declared = declaredInputs(scope?.workflow ?? run.workflow, scope?.caller === undefined ? run : undefined);
  const entries: Record<string, Value> = {};
  for (const input of declared) entries[input.name.value] = inputValue(input, { view, scope, assumptions });
  return record(entries);
}

/** A run has the inputs of the trigger that made it; a called workflow those of `workflow_call`. */
function declaredInputs(workflow: Workflow, run: SimRun | undefined): readonly WorkflowInput[] {
  const wanted = run === undefined || run.origin.event === "workflow_call" ? "workflow_call" : "workflow_dispatch";
  if (run !== undefined && run.origin.event !== wanted) return [];
  return workflow.triggers.flatMap((trigger) =>
    trigger.event === wanted && "inputs" in trigger ? trigger.inputs : [],
  );
}

interface InputQuestion {
  readonly view: View;
  readonly scope: Scope | undefined;
  readonly assumptions: Assumptions;
}

function inputValue(input: WorkflowInput, { view, scope, assumptions }: InputQuestion): Value {
  const caller = scope?.caller;
  if (caller === undefined) {
    const given = view.run.origin.inputs[input.name.value];
    if (given !== undefined) return typed(input, known(given));
  } else if (caller.job.job.kind === "call") {
    const outer: View = { run: view.run, scope: caller.job.scope, job: caller.job, leg: caller };
    const given = entryOf(caller.job.job.with, input.name.value);
    if (given) return typed(input, evaluateTemplate(given, environmentOf(outer, assumptions, undefined)));
    if (caller.job.job.with?.expression) return unknown;
  }
  if (input.default) return typed(input, templateText(input.default, { context: () => unknown }));
  return known(input.type === "boolean" ? false : input.type === "number" ? 0 : "");
}

function entryOf(map: TemplateMap | undefined, key: string) {
  return map?.entries.find((entry) => entry.key.value.toLowerCase() === key.toLowerCase())?.value;
}

function typed(input: WorkflowInput, value: Value): Value {
  if (value.kind !== "known" || typeof value.value !== "string") return value;
  if (input.type === "boolean") return known(value.value === "true");
  return input.type === "number" ? known(Number(value.value)) : value;
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

/** Variables of the workflow and the job as written; what steps add by `GITHUB_ENV` is not known, so it stays open. */
function env({ run, scope, job }: View, around: Environment): Value {
  const entries: Record<string, Value> = {};
  const maps = [(scope?.workflow ?? run.workflow).env, job?.job.kind === "steps" ? job.job.env : undefined];
  const inner: Environment = { ...around, context: (name) => (name === "env" ? unknown : around.context(name)) };
  for (const map of maps)
    for (const { key, value } of map?.entries ?? []) entries[key.value] = templateText(value, inner);
  return record(entries, "open");
}

/** Whether everything before a job ended well: `success()` and `failure()` look at every ancestor, however far. */
export function jobStatus(job: SimJob): Environment["status"] {
  const before = ancestorsOf(job);
  const good = before.every(({ result, forgiven }) => result === "success" || forgiven);
  const failed = before.some(({ result, forgiven }) => result === "failure" && !forgiven);
  const { cancelled } = job.scope.run;
  return { success: known(good && !cancelled), failure: known(failed && !cancelled), cancelled: known(cancelled) };
}

export function stepStatus(leg: SimLeg): Environment["status"] {
  const { cancelled } = leg.job.scope.run;
  return {
    success: known(!leg.failed && !cancelled),
    failure: known(leg.failed && !cancelled),
    cancelled: known(cancelled),
  };
}

/** Text of a value for a lock's name; what is not known is written as it stands, so that equal texts share the lock. */
export function nameOf(value: Value, raw: string): string {
  if (value.kind === "known") return value.value === null ? "" : String(value.value);
  return value.kind === "text"
    ? `${text(value.pieces).kind}:${value.pieces.map((piece) => piece ?? "?").join("")}:${raw}`
    : raw;
}
