import { own } from "../../../model/own.ts";
import type {
  CallJobDocument,
  ConcurrencyGroup,
  ContainerDocument,
  Input,
  JobDocument,
  JobEnvironment,
  Permissions,
  Raw,
  StepDocument,
  StepsJobDocument,
  Triggers,
  WorkflowDocument,
} from "./document.ts";
import type { RawAdditions } from "./options.ts";
import { type MovedPins, pinOf } from "./pinned-actions.ts";

/** What is printed: entries in the order in which a person would write them, each with an optional comment above. */
export type Tree = Raw | Branch | readonly Tree[];

export class Branch {
  readonly entries: readonly TreeEntry[];
  constructor(entries: readonly (TreeEntry | undefined)[]) {
    this.entries = entries.filter((entry) => entry !== undefined);
  }
}

export interface TreeEntry {
  key: string;
  value: Tree;
  /** Lines above. */
  comment?: readonly string[];
  /** Behind the value. */
  note?: string;
  /** A blank line comes before it. */
  apart?: true;
}

const entry = (key: string, value: Tree | undefined): TreeEntry | undefined =>
  value === undefined ? undefined : { key, value };

export function workflowTree(
  workflow: WorkflowDocument,
  raw: RawAdditions | undefined,
  pins: MovedPins | undefined,
): Branch {
  const jobs = Object.entries(workflow.jobs).map(
    ([id, job], index): TreeEntry => ({
      key: id,
      value: withRaw(jobTree(job, own(raw?.steps, id), pins), own(raw?.jobs, id)),
      ...(job.comment && { comment: job.comment }),
      ...(index > 0 && { apart: true }),
    }),
  );
  const tree = new Branch([
    entry("name", workflow.name),
    entry("run-name", workflow.runName),
    { key: "on", value: triggersTree(workflow.on), apart: true },
    { key: "permissions", value: {}, apart: true },
    workflow.concurrency && { key: "concurrency", value: concurrencyTree(workflow.concurrency) },
    choosesShell(workflow) || raw !== undefined ? { key: "defaults", value: { run: { shell: "bash" } } } : undefined,
    { key: "jobs", value: new Branch(jobs), apart: true },
  ]);
  return withRaw(tree, raw?.workflow);
}

/** Whether some script depends on which shell runs it; scripts that a team adds may. */
function choosesShell({ jobs }: WorkflowDocument): boolean {
  return Object.values(jobs).some(
    (job) => job.kind === "steps" && job.steps.some((step) => "run" in step && step.shell !== "any"),
  );
}

function triggersTree({ push, pullRequest, mergeGroup, dispatch, call, schedules }: Triggers): Branch {
  return new Branch([
    push && entry("push", { branches: [...push.branches] }),
    pullRequest &&
      entry(
        "pull_request",
        pullRequest.branches || pullRequest.types
          ? {
              ...(pullRequest.types && { types: [...pullRequest.types] }),
              ...(pullRequest.branches && { branches: [...pullRequest.branches] }),
            }
          : null,
      ),
    mergeGroup && entry("merge_group", mergeGroup.branches ? { branches: [...mergeGroup.branches] } : null),
    schedules &&
      entry(
        "schedule",
        schedules.map((cron) => ({ cron })),
      ),
    dispatch &&
      entry("workflow_dispatch", Object.keys(dispatch.inputs).length > 0 ? { inputs: inputs(dispatch.inputs) } : null),
    call &&
      entry(
        "workflow_call",
        new Branch([
          entry("inputs", filled(inputs(call.inputs))),
          entry("secrets", filled(Object.fromEntries(call.secrets.map((name) => [name, { required: false }])))),
          entry(
            "outputs",
            filled(
              Object.fromEntries(
                Object.entries(call.outputs).map(([name, { description, value }]) => [
                  name,
                  { ...(description && { description }), value: wrapped(value) },
                ]),
              ),
            ),
          ),
        ]),
      ),
  ]);
}

function inputs(all: Readonly<Record<string, Input>>): Record<string, Raw> {
  return Object.fromEntries(
    Object.entries(all).map(([name, { description, type, required, default: given, options }]) => [
      name,
      {
        ...(description && { description }),
        type,
        ...(required && { required }),
        ...(given !== undefined && { default: given }),
        ...(options && { options }),
      },
    ]),
  );
}

function concurrencyTree({ group, cancelInProgress }: ConcurrencyGroup): Raw {
  if (cancelInProgress !== undefined) return { group, "cancel-in-progress": wrapped(cancelInProgress) };
  return { group, queue: "max" };
}

function jobTree(job: JobDocument, steps: readonly Raw[] | undefined, pins: MovedPins | undefined): Branch {
  const first = [
    entry("name", job.name),
    entry("needs", job.needs && job.needs.length > 0 ? job.needs : undefined),
    entry("if", job.if === undefined ? undefined : wrapped(job.if)),
    entry("permissions", permissionsTree(job.permissions)),
    job.concurrency && entry("concurrency", concurrencyTree(job.concurrency)),
  ];
  return new Branch(
    job.kind === "call" ? [...first, ...callEntries(job)] : [...first, ...stepsEntries(job, steps, pins)],
  );
}

function environmentTree({ name, url, deployment }: JobEnvironment): Tree {
  if (url === undefined && deployment === undefined) return name;
  return new Branch([entry("name", name), entry("url", url), entry("deployment", deployment)]);
}

/** An image alone is the short form, which services do not have. */
function containerTree(container: ContainerDocument): Tree {
  const { image, ...rest } = container;
  const isAlone = Object.values(rest).every((part) => typeof part === "object" && Object.keys(part).length === 0);
  return isAlone ? image : containerForm(container);
}

function containersTree(services: Readonly<Record<string, ContainerDocument>>): Tree {
  return new Branch(Object.entries(services).map(([name, one]) => ({ key: name, value: containerForm(one) })));
}

function containerForm({ image, credentials, env, ports, options }: ContainerDocument): Branch {
  return new Branch([
    entry("image", image),
    entry("credentials", credentials),
    entry("env", filled(env ?? {})),
    entry("ports", ports),
    entry("options", options),
  ]);
}

function permissionsTree(permissions: Permissions): Raw {
  return { ...permissions } as Raw;
}

function callEntries(job: CallJobDocument): (TreeEntry | undefined)[] {
  return [
    entry("uses", `./${job.uses}`),
    entry("with", filled(job.with ?? {})),
    entry("secrets", filled(Object.fromEntries((job.secrets ?? []).map((name) => [name, `\${{ secrets.${name} }}`])))),
  ];
}

function stepsEntries(
  job: StepsJobDocument,
  more: readonly Raw[] = [],
  pins: MovedPins | undefined,
): (TreeEntry | undefined)[] {
  return [
    entry("runs-on", job.runsOn),
    entry("container", job.container && containerTree(job.container)),
    entry("services", job.services && containersTree(job.services)),
    entry("environment", job.environment && environmentTree(job.environment)),
    entry("timeout-minutes", job.timeoutMinutes),
    entry("continue-on-error", job.continueOnError),
    job.strategy &&
      entry(
        "strategy",
        new Branch([
          entry("fail-fast", job.strategy.failFast),
          entry("max-parallel", job.strategy.maxParallel),
          entry("matrix", job.strategy.matrix),
        ]),
      ),
    entry("outputs", filled(job.outputs ?? {})),
    entry("env", filled(job.env ?? {})),
    job.workingDirectory === undefined
      ? undefined
      : entry("defaults", { run: { "working-directory": job.workingDirectory } }),
    entry("steps", [...job.steps.map((step) => stepTree(step, pins)), ...more]),
  ];
}

function stepTree(step: StepDocument, pins: MovedPins | undefined): Branch {
  const comment = step.comment && { comment: step.comment };
  const first = [
    step.name === undefined ? undefined : { key: "name", value: step.name, ...comment },
    entry("id", step.id),
    entry("if", step.if === undefined ? undefined : wrapped(step.if)),
  ];
  const limits = [entry("timeout-minutes", step.timeoutMinutes), entry("continue-on-error", step.continueOnError)];
  if ("uses" in step) {
    const pin = typeof step.uses === "string" ? undefined : pinOf(step.uses, pins);
    return new Branch([
      ...first,
      pin ? { key: "uses", value: `${pin.action}@${pin.sha}`, note: pin.version } : entry("uses", step.uses as string),
      ...limits,
      entry("env", filled(step.env ?? {})),
      entry("with", filled(step.with ?? {})),
    ]);
  }
  return new Branch([
    ...first,
    ...limits,
    entry("shell", step.shell === "any" ? undefined : step.shell),
    entry("working-directory", step.workingDirectory),
    entry("env", filled(step.env ?? {})),
    entry("run", step.run),
  ]);
}

const wrapped = (expression: string) => `\${{ ${expression} }}`;

function filled(map: Readonly<Record<string, Raw>>): Raw | undefined {
  return Object.keys(map).length > 0 ? map : undefined;
}

/** Additions of the team: a map goes into a map key by key, anything else takes the place of what is there. */
function withRaw(tree: Branch, raw: { readonly [key: string]: Raw } | undefined): Branch {
  if (raw === undefined) return tree;
  const entries = tree.entries.map((one) =>
    Object.hasOwn(raw, one.key) ? { ...one, value: merged(one.value, raw[one.key]!) } : one,
  );
  const added = Object.entries(raw).filter(([key]) => !tree.entries.some((one) => one.key === key));
  return new Branch([...entries, ...added.map(([key, value]) => ({ key, value }))]);
}

function merged(value: Tree, raw: Raw): Tree {
  if (!isMap(raw)) return raw;
  if (value instanceof Branch) return withRaw(value, raw);
  if (!isMap(value)) return raw;
  return withRaw(new Branch(Object.entries(value).map(([key, inner]) => ({ key, value: inner }))), raw);
}

function isMap(value: Tree): value is { readonly [key: string]: Raw } {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Branch);
}
