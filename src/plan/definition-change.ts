import type { Delivery, Job, Pipeline, Step } from "../model/delivery.ts";
import { own } from "../model/own.ts";
import type { ResolvedJob } from "../model/resolved-delivery.ts";
import { namesRead } from "./reads.ts";

/**
 * Whether a pipeline is still defined as it was. What counts is what decides over what its jobs do: steps, values, conditions,
 * needs, tools, what is handed over. Not names and descriptions, not how long it may take or how often it is tried, and
 * not when it is started: a deployment is not another one for any of these.
 */
export interface DefinitionQuestion {
  /** The definition with which it was deployed. */
  before: Delivery;
  now: Delivery;
  pipeline: Pipeline;
  environment: string | undefined;
  /** Its jobs that run there. */
  jobs: readonly ResolvedJob[];
}

/** The first part that is another one, in words (`job deploy, step 2`); undefined: none. */
export function definitionChange({ before, now, pipeline, environment, jobs }: DefinitionQuestion): string | undefined {
  const was = before.pipelines.find(({ name }) => name === pipeline.name);
  if (was === undefined) return "it was not in there";
  const part = firstOther(ofPipeline(was), ofPipeline(pipeline));
  if (part !== undefined) return part;
  for (const resolved of jobs) {
    const { name, job } = resolved;
    const earlier = own(was.jobs, name);
    if (earlier === undefined) return `job ${name} is new`;
    const other = otherInJob(earlier, job) ?? otherVariable({ before, now, environment, resolved });
    if (other !== undefined) return `job ${name}, ${other}`;
  }
  const gone = Object.keys(was.jobs).find((name) => !Object.hasOwn(pipeline.jobs, name));
  return gone === undefined ? undefined : `job ${gone} is gone`;
}

/** Whether a per-release job did the same then. */
export function isSameJob({ before, now, job }: { before: Delivery; now: Delivery; job: ResolvedJob }): boolean {
  const { owner, name } = job;
  const was = before.pipelines.find((pipeline) => pipeline.name === owner.name);
  const earlier = was && own(was.jobs, name);
  if (was === undefined || earlier === undefined) return false;
  const { env, workingDirectory } = was;
  return (
    canonical({ env, workingDirectory }) ===
      canonical({ env: owner.pipeline.env, workingDirectory: owner.pipeline.workingDirectory }) &&
    otherInJob(earlier, job.job) === undefined &&
    otherVariable({ before, now, environment: undefined, resolved: job }) === undefined
  );
}

function ofPipeline({ env, needs, workingDirectory, outputs }: Pipeline): Record<string, unknown> {
  const handedOver = Object.entries(outputs).map(([name, { description, ...rest }]) => [name, rest]);
  return { env, needs: needs.toSorted(), workingDirectory, outputs: Object.fromEntries(handedOver) };
}

function otherInJob(earlier: Job, now: Job): string | undefined {
  if (canonicalJob(earlier) === canonicalJob(now)) return undefined;
  const [before, after] = [earlier.steps.map(ofStep), now.steps.map(ofStep)];
  const count = Math.max(before.length, after.length);
  for (let at = 0; at < count; at++) if (canonical(before[at]) !== canonical(after[at])) return `step ${at + 1}`;
  return firstOther(ofJob(earlier), ofJob(now));
}

function ofJob({
  steps,
  timeoutMs,
  retry,
  verify,
  irreversible,
  concurrency,
  needs,
  matrix,
  drift,
  driftEnv,
  ...rest
}: Job): Record<string, unknown> {
  const { failFast, maxParallel, ...legs } = matrix ?? {};
  // How actions look is theirs, and may be done otherwise by the next Baton.
  const looks = driftEnv === undefined ? drift : true;
  return { ...rest, ...(looks !== undefined && { drift: looks }), needs: needs.toSorted(), matrix: legs };
}

/** An action is what was asked of it: the commands that it is made of may be others in the next Baton. Outputs are compared as such. */
function ofStep({ name, timeoutMs, run, action, ...rest }: Step): Record<string, unknown> {
  if (action === undefined) return { ...rest, run };
  return { ...rest, action: { kind: action.kind, inputs: action.inputs } };
}

function otherVariable(options: {
  before: Delivery;
  now: Delivery;
  environment: string | undefined;
  resolved: ResolvedJob;
}): string | undefined {
  const { before, now, environment, resolved } = options;
  for (const name of namesRead("variable", [resolved])) {
    if (variableIn(before, environment, name) !== variableIn(now, environment, name)) return `variable ${name}`;
  }
  return undefined;
}

function variableIn({ variables, environments }: Delivery, environment: string | undefined, name: string) {
  const there = environments.find((one) => one.name === environment)?.variables ?? {};
  return own(there, name) ?? own(variables, name);
}

function firstOther(earlier: Record<string, unknown>, now: Record<string, unknown>): string | undefined {
  const keys = [...new Set([...Object.keys(earlier), ...Object.keys(now)])];
  return keys.find((key) => canonical(earlier[key]) !== canonical(now[key]));
}

/** Each job is looked at once for each environment, and is the same object each time. */
const known = new WeakMap<Job, string>();

function canonicalJob(job: Job): string {
  let text = known.get(job);
  if (text === undefined) {
    text = canonical({ ...ofJob(job), steps: job.steps.map(ofStep) });
    known.set(job, text);
  }
  return text;
}

/** What is empty is as if it were not there: a newer Baton's model may have more parts than that of then. */
function canonical(value: unknown): string {
  return JSON.stringify(sorted(value)) ?? "";
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, part]) => [key, sorted(part)] as const);
  return Object.fromEntries(entries.filter(([, part]) => !isEmpty(part)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isEmpty(part: unknown): boolean {
  if (part === undefined || part === false) return true;
  return typeof part === "object" && part !== null && Object.keys(part).length === 0;
}
