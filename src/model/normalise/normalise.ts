import { daysOf, nearDays } from "../change-windows.ts";
import {
  type Approval,
  type ChangeWindow,
  type Delivery,
  type Environment,
  type Job,
  type Output,
  type Parameter,
  type Pipeline,
  weekdays,
} from "../delivery.ts";
import type { DefinitionPath, Refusal } from "../refusal.ts";
import { type Form, FormReader, isForm, must, setOwn } from "./form.ts";
import { readJob, whereItWasMade } from "./job.ts";
import { readNotices } from "./notices.ts";
import { readEnv } from "./values.ts";

/** A named part as it was written. `segment` is its key in paths; it differs from the name only for a second of that name. */
export interface NamedForm {
  name: string;
  segment: string;
  form: unknown;
}

/** A delivery as written, from builders or YAML, before defaults. */
export interface DeliveryForm {
  name: unknown;
  variables?: unknown;
  notices?: unknown;
  parameters: NamedForm[];
  environments: NamedForm[];
  pipelines: NamedForm[];
}

export interface Normalised {
  delivery: Delivery;
  refusals: Refusal[];
}

/** Seven days, as CodePipeline waits for an approval. */
export const defaultApprovalTimeoutMs = 604_800_000;

/** Fills in every default and brings all short forms to the one long form. */
export function normalise(written: DeliveryForm): Normalised {
  const form = new FormReader();
  const parameters: Record<string, Parameter> = {};
  for (const { name, segment, form: value } of written.parameters) {
    setOwn(parameters, name, readParameter(form, value, ["parameters", segment]));
  }
  const delivery: Delivery = {
    version: 1,
    name: form.string(must(written.name), ["name"]) ?? "",
    variables: form.scalarRecord(written.variables, ["variables"]),
    parameters,
    environments: written.environments.map((part) => readEnvironment(form, part)),
    pipelines: written.pipelines.map((part) => readPipeline(form, part)),
    ...(written.notices !== undefined && { notices: readNotices(form, written.notices) }),
  };
  layWhereMade(delivery.pipelines);
  return { delivery, refusals: form.refusals };
}

function readParameter(form: FormReader, value: unknown, path: DefinitionPath): Parameter {
  const isShort = typeof value === "string";
  const parameter = isShort ? { type: value } : form.object(value, path, ["type", "description", "default", "options"]);
  const typeAt = isShort ? path : [...path, "type"];
  const description = form.string(parameter.description, [...path, "description"]);
  const fallback = form.scalar(parameter.default, [...path, "default"]);
  const options = form.scalars(parameter.options, [...path, "options"]);
  const type = form.word(parameter.type, typeAt, ["string", "number", "boolean", "choice"]);
  return {
    type: type ?? (options.length > 0 ? "choice" : "string"),
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
    options,
  };
}

function readEnvironment(form: FormReader, { name, segment, form: value }: NamedForm): Environment {
  const path = ["environments", segment];
  const environment = form.object(value ?? {}, path, [
    "branch",
    "after",
    "promote",
    "approval",
    "onFailure",
    "windows",
    "preview",
    "variables",
  ]);
  const branch = form.string(environment.branch, [...path, "branch"]);
  const onFailure = form.word(environment.onFailure, [...path, "onFailure"], ["stay", "rollback"]);
  return {
    name,
    ...(branch === undefined ? {} : { branch }),
    after: form.strings(environment.after, [...path, "after"], "or one"),
    ...(environment.promote !== undefined && {
      promote: readPromote(form, environment.promote, [...path, "promote"]),
    }),
    ...(environment.approval === undefined
      ? {}
      : { approval: readApproval(form, environment.approval, [...path, "approval"]) }),
    ...(onFailure === "rollback" && { onFailure }),
    ...(environment.windows !== undefined && {
      windows: form
        .list(environment.windows, [...path, "windows"], "or one")
        .map(([item, at]) => readWindow(form, item, at)),
    }),
    ...(form.boolean(environment.preview, [...path, "preview"], "false") && { preview: true }),
    variables: form.scalarRecord(environment.variables, [...path, "variables"]),
  };
}

function readPromote(form: FormReader, value: unknown, path: DefinitionPath): { soakMs: number } {
  if (!isForm(value)) {
    form.wrongForm(path, 'an object that says how long a release soaks, such as { soak: "2h" }', value);
    return { soakMs: 1 };
  }
  const { soak } = form.object(value, path, ["soak"]);
  return { soakMs: form.duration(must(soak), [...path, "soak"]) ?? 1 };
}

function readApproval(form: FormReader, value: unknown, path: DefinitionPath): Approval {
  const approval = form.object(value, path, ["reviewers", "message", "timeout", "count", "selfApproval", "reminder"]);
  const message = form.string(approval.message, [...path, "message"]);
  const count = form.number(approval.count, [...path, "count"]);
  const selfApproval = form.boolean(approval.selfApproval, [...path, "selfApproval"], "true");
  const reminderMs = form.duration(approval.reminder, [...path, "reminder"]);
  return {
    reviewers: form.strings(approval.reviewers, [...path, "reviewers"]),
    ...(message === undefined ? {} : { message }),
    timeoutMs: form.duration(approval.timeout, [...path, "timeout"]) ?? defaultApprovalTimeoutMs,
    ...(count !== undefined && count !== 1 && { count }),
    ...(!selfApproval && { selfApproval }),
    ...(reminderMs !== undefined && { reminderMs }),
  };
}

function readWindow(form: FormReader, value: unknown, path: DefinitionPath): ChangeWindow {
  const window = form.object(value, path, ["days", "from", "to", "zone"]);
  const given = form.list(window.days, [...path, "days"], "or one");
  const days = given.flatMap(([item, at]) => {
    const found = typeof item === "string" ? daysOf(item) : undefined;
    if (found === undefined && typeof item === "string") refuseDays(form, item, at);
    else if (found === undefined) form.wrongForm(at, daysExpected, item);
    return found ?? [];
  });
  return {
    days:
      window.days === undefined || (given.length > 0 && days.length === 0)
        ? [...weekdays]
        : weekdays.filter((day) => days.includes(day)),
    from: form.string(must(window.from), [...path, "from"], 'a time of day such as "09:00"') ?? "00:00",
    to: form.string(must(window.to), [...path, "to"], 'a time of day such as "17:00"') ?? "24:00",
    zone: form.string(must(window.zone), [...path, "zone"], 'a time zone such as "Europe/Berlin" or "UTC"') ?? "UTC",
  };
}

const daysExpected = 'a day or several, "mon" or "mon-fri"';

function refuseDays(form: FormReader, text: string, path: DefinitionPath): void {
  const near = nearDays(text);
  form.refuse("wrong-form", path, {
    message: `"days" must be ${daysExpected}, but it is "${text}"`,
    help: `${near === undefined ? "" : `did you mean "${near}"? `}The days are ${weekdays.join(", ")}; several are written "mon-fri" or ["mon", "wed"]`,
  });
}

export const pipelineKeys = [
  "description",
  "needs",
  "paths",
  "branches",
  "pullRequests",
  "manual",
  "schedules",
  "outputs",
  "env",
  "workingDirectory",
  "jobs",
] as const satisfies readonly string[];

function readPipeline(form: FormReader, { name, segment, form: value }: NamedForm): Pipeline {
  const path = ["pipelines", segment];
  const pipeline = form.object(value, path, pipelineKeys);
  const description = form.string(pipeline.description, [...path, "description"]);
  const jobs: Record<string, Job> = {};
  for (const [job, item] of form.entries(must(pipeline.jobs), [...path, "jobs"])) {
    setOwn(jobs, job, readJob(form, item, [...path, "jobs", job], name));
  }
  verifyBehindDeploying(jobs);
  return {
    name,
    ...(description === undefined ? {} : { description }),
    needs: form.strings(pipeline.needs, [...path, "needs"], "or one"),
    triggers: {
      paths: form.strings(pipeline.paths, [...path, "paths"]),
      branches: form.strings(pipeline.branches, [...path, "branches"]),
      pullRequests: form.boolean(pipeline.pullRequests, [...path, "pullRequests"], "true"),
      manual: form.boolean(pipeline.manual, [...path, "manual"], "true"),
      schedules: form.strings(pipeline.schedules, [...path, "schedules"]),
    },
    outputs: readOutputs(form, pipeline, path, jobs),
    env: readEnv(form, pipeline.env, [...path, "env"], name),
    workingDirectory: form.string(pipeline.workingDirectory, [...path, "workingDirectory"]) ?? ".",
    jobs,
  };
}

/** Whoever looks whether it works comes behind all that is deployed, but what itself comes behind that look. */
function verifyBehindDeploying(jobs: Record<string, Job>): void {
  const deploying = Object.keys(jobs).filter((name) => jobs[name]!.deploys);
  for (const [name, job] of Object.entries(jobs)) {
    if (job.verify === undefined || job.deploys || job.undo) continue;
    const isBehind = new Set([name]);
    for (const earlier of isBehind) {
      for (const [later, { needs }] of Object.entries(jobs)) if (needs.includes(earlier)) isBehind.add(later);
    }
    job.needs.push(...deploying.filter((each) => !job.needs.includes(each) && !isBehind.has(each)));
  }
}

const outputTypes = ["string", "number", "boolean", "url", "json"] as const;

function readOutputs(
  form: FormReader,
  pipeline: Form,
  path: DefinitionPath,
  jobs: Record<string, Job>,
): Record<string, Output> {
  const outputs: Record<string, Output> = {};
  for (const [name, item] of form.entries(pipeline.outputs, [...path, "outputs"])) {
    const at = [...path, "outputs", name];
    const isShort = typeof item === "string";
    const output = isShort ? { type: item } : form.object(item, at, ["type", "description", "job", "parameter"]);
    const description = form.string(output.description, [...at, "description"]);
    const parameter = form.string(output.parameter, [...at, "parameter"]);
    const type = form.word(output.type, isShort ? at : [...at, "type"], outputTypes) ?? "string";
    setOwn(outputs, name, {
      type,
      ...(description === undefined ? {} : { description }),
      job: form.string(output.job, [...at, "job"]) ?? publishingJob(form, { name, type }, at, jobs),
      ...(parameter === undefined ? {} : { parameter }),
    });
  }
  return outputs;
}

/** The only job, or the only one that deploys; else the definition has to say. */
function publishingJob(
  form: FormReader,
  output: Pick<Output, "type"> & { name: string },
  path: DefinitionPath,
  jobs: Record<string, Job>,
): string {
  const names = Object.keys(jobs).filter((name) => jobs[name]!.undo === undefined);
  const deploying = names.filter((name) => jobs[name]!.deploys);
  if (names.length === 1) return names[0]!;
  if (deploying.length === 1) return deploying[0]!;
  if (names.length === 0) return "";
  const candidates = deploying.length > 1 ? deploying : names;
  form.refuse("output-job-unnamed", path, {
    message: `it is not clear which job publishes the output "${output.name}": ${candidates.map((name) => `"${name}"`).join(", ")} could`,
    help: `name the job: ${output.name}: { type: "${output.type}", job: "${candidates[0]}" }`,
  });
  return candidates[0]!;
}

/** An artifact that is used without a place is laid where it was made, relative to the job's working directory. */
function layWhereMade(pipelines: readonly Pipeline[]): void {
  const made = new Map<string, string>();
  for (const pipeline of pipelines) {
    for (const job of Object.values(pipeline.jobs)) {
      for (const [name, artifact] of Object.entries(job.artifacts)) {
        const key = `${pipeline.name}.${name}`;
        if (!made.has(key)) made.set(key, artifact.path);
      }
    }
  }
  for (const pipeline of pipelines) {
    for (const job of Object.values(pipeline.jobs)) {
      for (const use of job.uses) if (use.path === whereItWasMade) use.path = made.get(use.artifact) ?? ".";
    }
  }
}

/** Numbers the second and later parts of one name, so that each has a path of its own. */
export function namedForms(parts: readonly { name: string; form: unknown }[]): NamedForm[] {
  const seen = new Map<string, number>();
  return parts.map(({ name, form }) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return { name, segment: count === 1 ? name : `${name}#${count}`, form };
  });
}
