import type { Artifact, ArtifactUse, Concurrency, Job, Matrix, Retry, Step, Tool, Value, Verify } from "../delivery.ts";
import type { DefinitionPath } from "../refusal.ts";
import { firstLine } from "../sh.ts";
import { driftCommand } from "./drift-command.ts";
import { type Form, type FormReader, isForm, must, setOwn } from "./form.ts";
import { readContainer, readRunsOn, readServices } from "./machine.ts";
import { readCondition, readEnv, readValue } from "./values.ts";

/** One hour: long for a build, and no stuck job holds an environment for a day. */
export const defaultTimeoutMs = 3_600_000;
/** How often a job looks that verifies for some time. */
export const defaultVerifyEveryMs = 60_000;
const shortestVerifyEveryMs = 1_000;
export const defaultRetry: Retry = { attempts: 1, delayMs: 10_000, factor: 2, maxDelayMs: 300_000 };

export const jobKeys = [
  "per",
  "needs",
  "deploys",
  "irreversible",
  "undo",
  "verify",
  "drift",
  "remove",
  "onLost",
  "runsAfter",
  "condition",
  "steps",
  "env",
  "matrix",
  "timeout",
  "retry",
  "concurrency",
  "workingDirectory",
  "runsOn",
  "container",
  "services",
  "tools",
  "continueOnFailure",
  "artifacts",
  "report",
  "uses",
] as const satisfies readonly string[];

export function readJob(form: FormReader, value: unknown, path: DefinitionPath, pipeline: string): Job {
  const job = form.object(value, path, jobKeys);
  const steps = readSteps(form, job, path, pipeline);
  const artifacts = readArtifacts(form, job, path);
  const irreversible = form.string(job.irreversible, [...path, "irreversible"]);
  return {
    per: form.word(job.per, [...path, "per"], ["release", "environment"]) ?? "environment",
    needs: form.strings(job.needs, [...path, "needs"], "or one"),
    deploys: form.boolean(job.deploys, [...path, "deploys"], "false"),
    ...(irreversible === undefined ? {} : { irreversible }),
    ...(form.boolean(job.undo, [...path, "undo"], "false") && { undo: true as const }),
    ...readVerify(form, job.verify, [...path, "verify"]),
    ...readDrift(form, job.drift, [...path, "drift"], steps),
    ...(job.remove === undefined ? {} : { remove: form.string(job.remove, [...path, "remove"]) ?? "" }),
    ...(job.onLost === undefined
      ? {}
      : { onLost: form.word(job.onLost, [...path, "onLost"], ["retry", "ask"]) ?? "ask" }),
    runsAfter: form.word(job.runsAfter, [...path, "runsAfter"], ["success", "failure", "always"]) ?? "success",
    ...(job.condition === undefined ? {} : { condition: readCondition(form, job.condition, [...path, "condition"]) }),
    steps: steps.map(({ step }) => step),
    env: readEnv(form, job.env, [...path, "env"], pipeline),
    ...(job.matrix === undefined ? {} : { matrix: readMatrix(form, job.matrix, [...path, "matrix"]) }),
    timeoutMs: form.duration(job.timeout, [...path, "timeout"]) ?? defaultTimeoutMs,
    retry: readRetry(form, job.retry, [...path, "retry"]),
    ...(job.concurrency === undefined
      ? {}
      : { concurrency: readConcurrency(form, job.concurrency, [...path, "concurrency"], pipeline) }),
    workingDirectory: form.string(job.workingDirectory, [...path, "workingDirectory"]) ?? ".",
    ...(job.runsOn === undefined ? {} : { runsOn: readRunsOn(form, job.runsOn, [...path, "runsOn"], pipeline) }),
    ...(job.container === undefined
      ? {}
      : { container: readContainer(form, job.container, [...path, "container"], pipeline) }),
    ...(job.services === undefined
      ? {}
      : { services: readServices(form, job.services, [...path, "services"], pipeline) }),
    tools: form.list(job.tools, [...path, "tools"]).flatMap(([tool, at]) => readTool(form, tool, at) ?? []),
    continueOnFailure: form.boolean(job.continueOnFailure, [...path, "continueOnFailure"], "false"),
    artifacts,
    ...(job.report === undefined ? {} : { report: form.string(job.report, [...path, "report"]) ?? "." }),
    uses: withoutRepeats([...readUses(form, job, path, pipeline), ...steps.flatMap(({ uses }) => uses)]),
  };
}

export const stepKeys = [
  "name",
  "run",
  "shell",
  "env",
  "condition",
  "workingDirectory",
  "timeout",
  "continueOnFailure",
  "uses",
  "action",
] as const satisfies readonly string[];

interface ReadStep {
  step: Step;
  uses: ArtifactUse[];
  /** How its action looks for drift. */
  look?: { run: string; env: Record<string, Value> };
}

function readDrift(
  form: FormReader,
  value: unknown,
  path: DefinitionPath,
  steps: readonly ReadStep[],
): Pick<Job, "drift" | "driftEnv"> {
  if (value === undefined || value === false) return {};
  if (value !== true) return { drift: form.string(value, path) ?? "" };
  const looks = steps.flatMap(({ step, look }) => (look ? [{ ...look, workingDirectory: step.workingDirectory }] : []));
  if (looks.length === 0) {
    form.refuse("nothing-knows-drift", path, {
      message: "no step of this job knows how to look for drift",
      help: 'write the command that does: drift: "./look.sh", which ends with 0 where everything is as the job left it, with 2 where not',
    });
  }
  const sometimes = steps.find(({ step, look }) => look !== undefined && step.condition !== undefined);
  if (sometimes !== undefined) {
    form.refuse("drift-under-condition", path, {
      message: `the step "${sometimes.step.name}" looks for drift, and runs under a condition alone`,
      help: 'write the command that looks, and asks what the condition does: drift: "./look.sh"',
    });
  }
  const { command: drift, env: driftEnv } = driftCommand(looks);
  return { drift, driftEnv };
}

function readSteps(form: FormReader, job: Form, path: DefinitionPath, pipeline: string) {
  const at = [...path, "steps"];
  return form.list(must(job.steps), at).map(([item, where]) => readStep(form, item, where, pipeline));
}

function readStep(form: FormReader, value: unknown, path: DefinitionPath, pipeline: string): ReadStep {
  const step = typeof value === "string" ? { run: value } : form.object(value, path, stepKeys);
  const run = form.string(must(step.run), [...path, "run"]) ?? "";
  const timeoutMs = form.duration(step.timeout, [...path, "timeout"]);
  const read: Step = {
    name: form.string(step.name, [...path, "name"]) ?? firstLine(run),
    run,
    shell: form.word(step.shell, [...path, "shell"], ["bash", "sh"]) ?? "bash",
    env: readEnv(form, step.env, [...path, "env"], pipeline),
    ...(step.condition === undefined ? {} : { condition: readCondition(form, step.condition, [...path, "condition"]) }),
    workingDirectory: form.string(step.workingDirectory, [...path, "workingDirectory"]) ?? ".",
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    continueOnFailure: form.boolean(step.continueOnFailure, [...path, "continueOnFailure"], "false"),
  };
  const uses = readUses(form, step, path, pipeline);
  if (step.action === undefined) return { step: read, uses };
  const { action, look } = readAction(form, step.action, [...path, "action"], pipeline);
  return { step: { ...read, action }, uses, ...(look && { look }) };
}

function readAction(form: FormReader, value: unknown, path: DefinitionPath, pipeline: string) {
  const { drift, ...action } = form.object(value, path, ["kind", "inputs", "publishes", "drift"]);
  return {
    action: {
      kind: form.string(must(action.kind), [...path, "kind"]) ?? "",
      inputs: readEnv(form, action.inputs, [...path, "inputs"], pipeline),
      ...(action.publishes !== undefined && { publishes: form.strings(action.publishes, [...path, "publishes"]) }),
    },
    ...(drift !== undefined && { look: readLook(form, drift, [...path, "drift"], pipeline) }),
  };
}

function readLook(form: FormReader, value: unknown, path: DefinitionPath, pipeline: string) {
  const look = form.object(value, path, ["run", "env"]);
  return {
    run: form.string(must(look.run), [...path, "run"]) ?? "",
    env: readEnv(form, look.env, [...path, "env"], pipeline),
  };
}

function readArtifacts(form: FormReader, job: Form, path: DefinitionPath): Record<string, Artifact> {
  const artifacts: Record<string, Artifact> = {};
  for (const [name, item] of form.entries(job.artifacts, [...path, "artifacts"])) {
    const at = [...path, "artifacts", name];
    const written = typeof item === "string" ? { path: item } : form.object(item, at, ["path"]);
    setOwn(artifacts, name, { path: form.string(must(written.path), [...at, "path"]) ?? "." });
  }
  return artifacts;
}

/** Left empty until every pipeline is read: the default is where the artifact was made. */
export const whereItWasMade = "";

function readUses(form: FormReader, holder: Form, path: DefinitionPath, pipeline: string): ArtifactUse[] {
  return form.list(holder.uses, [...path, "uses"]).flatMap(([item, at]) => {
    const use = typeof item === "string" ? { artifact: item } : form.object(item, at, ["artifact", "path"]);
    const handle = isForm(use.artifact) ? use.artifact.artifact : use.artifact;
    const name = form.string(must(handle), [...at, "artifact"]);
    if (name === undefined) return [];
    const laid = form.string(use.path, [...at, "path"]);
    return [{ artifact: name.includes(".") ? name : `${pipeline}.${name}`, path: laid ?? whereItWasMade }];
  });
}

function withoutRepeats(uses: ArtifactUse[]): ArtifactUse[] {
  const seen = new Set<string>();
  return uses.filter((use) => {
    const key = JSON.stringify([use.artifact, use.path]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

export const matrixKeys = ["values", "include", "exclude", "failFast", "maxParallel"] as const;

function readMatrix(form: FormReader, value: unknown, path: DefinitionPath): Matrix {
  const isFull = isForm(value) && matrixKeys.some((key) => key in value);
  const matrix: Form = isFull ? form.object(value, path, matrixKeys) : { values: value };
  const maxParallel = form.number(matrix.maxParallel, [...path, "maxParallel"]);
  const values: Record<string, string[]> = {};
  const at = isFull ? [...path, "values"] : path;
  for (const [dimension, items] of form.entries(matrix.values, at)) {
    setOwn(values, dimension, form.scalars(items, [...at, dimension]));
  }
  const legs = (key: "include" | "exclude") =>
    form.list(matrix[key], [...path, key]).map(([leg, where]) => form.scalarRecord(leg, where));
  return {
    values,
    include: legs("include"),
    exclude: legs("exclude"),
    failFast: form.boolean(matrix.failFast, [...path, "failFast"], "true"),
    ...(maxParallel === undefined ? {} : { maxParallel }),
  };
}

/** A number is how often a failed job is tried again; `attempts` counts the first one too. */
function readRetry(form: FormReader, value: unknown, path: DefinitionPath): Retry {
  if (value === undefined) return { ...defaultRetry };
  if (typeof value === "number") {
    if (Number.isInteger(value) && value >= 0 && value < 100) return { ...defaultRetry, attempts: value + 1 };
    form.refuse("out-of-range", path, {
      message: `"retry" is ${value}`,
      help: "it must be a whole number from 0 to 99: how often a failed job is tried again",
    });
    return { ...defaultRetry };
  }
  const retry = form.object(value, path, ["attempts", "delay", "factor", "maxDelay"]);
  const delayMs = form.duration(retry.delay, [...path, "delay"]) ?? defaultRetry.delayMs;
  return {
    attempts: form.number(retry.attempts, [...path, "attempts"]) ?? defaultRetry.attempts,
    delayMs,
    factor: form.number(retry.factor, [...path, "factor"]) ?? defaultRetry.factor,
    maxDelayMs: form.duration(retry.maxDelay, [...path, "maxDelay"]) ?? Math.max(delayMs, defaultRetry.maxDelayMs),
  };
}

/** `true` is once, a duration is for how long. */
function readVerify(form: FormReader, value: unknown, path: DefinitionPath): { verify?: Verify } {
  if (value === undefined || value === false) return {};
  if (value === true) return { verify: { forMs: 0, everyMs: defaultVerifyEveryMs } };
  if (!isForm(value)) return { verify: looking(form.duration(value, path) ?? 0) };
  const verify = form.object(value, path, ["for", "every"]);
  const forMs = form.duration(must(verify.for), [...path, "for"]) ?? 0;
  return { verify: looking(forMs, form.duration(verify.every, [...path, "every"])) };
}

/** Nobody waits a minute for what is to go on for seconds. */
function looking(forMs: number, everyMs?: number): Verify {
  return { forMs, everyMs: everyMs ?? Math.min(defaultVerifyEveryMs, Math.max(forMs, shortestVerifyEveryMs)) };
}

function readConcurrency(form: FormReader, value: unknown, path: DefinitionPath, pipeline: string): Concurrency {
  if (typeof value === "string") return { group: value, limit: 1 };
  const concurrency = form.object(value, path, ["group", "limit"]);
  return {
    group: readValue(form, concurrency.group, [...path, "group"], pipeline),
    limit: form.number(concurrency.limit, [...path, "limit"]) ?? 1,
  };
}

/** `"terraform@>=1.5"` is a name and a version range. */
function readTool(form: FormReader, value: unknown, path: DefinitionPath): Tool | undefined {
  if (typeof value === "string") {
    const at = value.indexOf("@", 1);
    return at === -1 ? { name: value } : { name: value.slice(0, at), version: value.slice(at + 1) };
  }
  const tool = form.object(value, path, ["name", "version"]);
  const name = form.string(must(tool.name), [...path, "name"]);
  const version = form.string(tool.version, [...path, "version"]);
  if (name === undefined) return undefined;
  return version === undefined ? { name } : { name, version };
}
