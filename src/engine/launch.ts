import type { RunsOn, Value } from "../model/delivery.ts";
import { matchesAny } from "../model/filters.ts";
import { promisedOutputs } from "../model/job-values.ts";
import { conditionFacts, conditionHolds } from "../plan/conditions.ts";
import type { Failure } from "./events.ts";
import type { Launch, LaunchStep, ResolvedValue } from "./ports.ts";
import { artifactOf, resolve, resolveText, type Scope } from "./resolve.ts";
import type { JobState, RunState } from "./state.ts";
import { releaseMeant } from "./state.ts";
import { type TracedRun, traceparentOf } from "./trace-context.ts";
import { runFor } from "./undone.ts";

/** Everything for one attempt, or why it cannot be started: something it reads was never handed over. */
export type Prepared = { kind: "launch"; launch: Launch } | { kind: "refused"; failure: Failure };

export function prepareLaunch(whole: RunState, job: JobState): Prepared {
  const run = runFor(whole, job);
  const { pipeline, definition } = job;
  const scope: Scope = { run, job, missing: [] };
  const inputs = definition.uses.flatMap(({ artifact, path }) => {
    const found = artifactOf(run, job, artifact);
    if (found === undefined) scope.missing.push(`artifact ${artifact}`);
    return found === undefined ? [] : [{ artifact: found, name: artifact, path }];
  });
  const launch: Launch = {
    run: run.id,
    job: job.id,
    attempt: job.attempt,
    token: job.token!,
    workingDirectory: below(pipeline.workingDirectory, definition.workingDirectory),
    env: {
      TRACEPARENT: traceparentOf(tracedAs(run), job.token!),
      ...resolveAll(scope, pipeline.env),
      ...resolveAll(scope, definition.env),
      ...ownNames(run, job),
    },
    tools: definition.tools,
    steps: stepsOf(scope),
    timeoutMs: definition.timeoutMs,
    ...(definition.runsOn !== undefined && { runsOn: machineOf(scope, definition.runsOn) }),
    outputs: promisedOutputs(pipeline, job.planned.job),
    artifacts: definition.artifacts,
    inputs,
  };
  if (scope.missing.length === 0) return { kind: "launch", launch };
  return {
    kind: "refused",
    failure: { kind: "spawn", message: `release ${run.release} has no ${scope.missing.join(", no ")}` },
  };
}

/** Looks whether the environment is still as this job left it, with all that the job had; nothing is handed over. */
export function prepareDriftLook(
  run: RunState,
  job: JobState,
  { token, attempt }: Pick<Launch, "token" | "attempt">,
): Prepared {
  const prepared = prepareLaunch(run, { ...job, token, attempt });
  if (prepared.kind === "refused") return prepared;
  const look: LaunchStep = {
    number: 0,
    name: "drift",
    run: job.definition.drift ?? "",
    shell: "bash",
    env: {},
    workingDirectory: ".",
    continueOnFailure: false,
  };
  const scope: Scope = { run, job, missing: [] };
  const env = { ...prepared.launch.env, ...resolveAll(scope, job.definition.driftEnv ?? {}) };
  const launch = { ...prepared.launch, job: `${job.id} drift`, steps: [look], env, outputs: {}, artifacts: {} };
  return { kind: "launch", launch };
}

function machineOf({ run, job }: Scope, { labels, group }: RunsOn): string[] {
  const names = labels.map((label) => resolveText(run, job, label));
  return group === undefined ? names : [...names, `group:${resolveText(run, job, group)}`];
}

function stepsOf(scope: Scope): LaunchStep[] {
  const { run, job } = scope;
  const steps: LaunchStep[] = [];
  job.definition.steps.forEach((step, number) => {
    if (step.condition !== undefined) {
      const { event, branch } = run.plan.change;
      const environment = job.planned.environment;
      const facts = conditionFacts({
        delivery: run.delivery,
        environment,
        branch,
        event,
        parameters: run.plan.parameters,
      });
      if (!conditionHolds(step.condition, facts, filterOf)) return;
    }
    const launched: LaunchStep = {
      number,
      name: step.name,
      run: step.run,
      shell: step.shell,
      env: resolveAll(scope, step.env),
      workingDirectory: step.workingDirectory,
      continueOnFailure: step.continueOnFailure,
    };
    if (step.timeoutMs !== undefined) launched.timeoutMs = step.timeoutMs;
    steps.push(launched);
  });
  if (job.definition.report !== undefined) steps.push(showing(job.definition.report, job.definition.steps.length));
  return steps;
}

/** What a job reports, people read at the end of its log. */
const showing = (file: string, number: number): LaunchStep => ({
  number,
  name: `Report: ${file}`,
  run: 'cat "$BATON_REPORT"',
  shell: "sh",
  env: { BATON_REPORT: `./${file}` },
  workingDirectory: ".",
  continueOnFailure: false,
});

const filterOf = (patterns: readonly string[]) => (branch: string) => matchesAny(patterns, [branch]);

function resolveAll(scope: Scope, env: Record<string, Value>): Record<string, ResolvedValue> {
  const resolved: Record<string, ResolvedValue> = {};
  for (const name of Object.keys(env)) resolved[name] = resolve(scope, env[name]!);
  return resolved;
}

/** What every step may ask about itself. Nothing a delivery sets can replace these. */
function ownNames(run: RunState, job: JobState): Record<string, string> {
  const to = job.planned.undoes?.to;
  return {
    BATON_DELIVERY: run.delivery.name,
    BATON_ENVIRONMENT: job.planned.environment ?? "",
    BATON_PIPELINE: job.planned.pipeline,
    BATON_JOB: job.planned.job,
    BATON_RELEASE: String(releaseMeant(run)),
    BATON_RUN: run.id,
    BATON_COMMIT: run.plan.change.commit,
    BATON_BRANCH: run.plan.change.branch,
    ...(to && { BATON_UNDO_TO_RELEASE: String(to.release), BATON_UNDO_TO_COMMIT: to.commit }),
  };
}

const tracedAs = ({ id, delivery, createdAt, plan }: RunState): TracedRun => ({
  delivery: delivery.name,
  run: id,
  createdAt,
  commit: plan.change.commit,
});

function below(folder: string, path: string): string {
  if (folder === "" || folder === ".") return path === "" ? "." : path;
  return path === "" || path === "." ? folder : `${folder}/${path}`;
}
