/** Job instances as facts. */

import type { Key } from "../../../facts/access.ts";
import type { Circumstances, JobFacts, Lock, MatrixFacts, Rights, Truth } from "../../../facts/facts.ts";
import type { Concurrency, Job, Permissions, Repository, Setting, StepsJob } from "../workflow.ts";
import { type AbstractValue, isTrue } from "./abstract-value.ts";
import { conditionFacts } from "./conditions.ts";
import { type Instance, levelInstance, needsOf } from "./instances.ts";
import { keyOfTemplate, resolveKey } from "./keys.ts";
import { activationOf, type RunModel } from "./run-model.ts";
import { stepsOfJob } from "./steps.ts";
import { pathsRead, valueOfTemplate } from "./values.ts";

export function jobFacts(repository: Repository, run: RunModel, instance: Instance): JobFacts {
  const { job, level } = instance;
  const { caller } = level;
  const place = { run, instance, step: undefined };
  const environment = job.kind === "steps" ? job.environment : undefined;
  let steps: JobFacts["steps"] | undefined;
  return {
    id: instance.id,
    pipeline: run.entry.file,
    path: instance.path,
    file: level.workflow.file,
    key: job.id,
    label: job.name?.raw ?? job.id,
    at: job.at,
    keyAt: job.idAt,
    kind: job.kind === "steps" ? "work" : instance.inner ? "call" : "remote-call",
    target: job.kind === "call" ? job.uses.text : undefined,
    given: job.kind === "call" ? givenTo(job) : noInputs,
    caller: caller?.id,
    needs: needsOf(instance).map((need) => need.id),
    condition: conditionFacts(job.if, (under, supposed) => run.conditionValue(instance, under, supposed)),
    get steps() {
      steps ??= job.kind === "steps" ? stepsOfJob(repository, run, instance) : [];
      return steps;
    },
    environment: environment && {
      name: resolveKey(keyOfTemplate(environment.name), place, undefined),
      at: environment.at,
    },
    locks: locksOf(run, instance),
    matrix: matrixFacts(job),
    failureIgnored: failureIgnored(job),
    rights: rightsOf(instance),
    runs: (under) => activationOf(run.chance(instance, under)),
  };
}

const noInputs: JobFacts["given"] = new Map();

function givenTo(job: Exclude<Job, StepsJob>): JobFacts["given"] {
  return new Map(job.with?.entries.map(({ key, value }) => [key.value, { value: keyOfTemplate(value), at: value.at }]));
}

/** A called workflow's own lock is held by the job that calls it. */
function locksOf(run: RunModel, instance: Instance): Lock[] {
  const { job, inner } = instance;
  const own = job.concurrency ? [lockOf(job.concurrency, { run, instance, scope: "job" })] : [];
  const called = inner?.workflow.concurrency;
  if (!inner || !called) return own;
  return [...own, lockOf(called, { run, instance: levelInstance(inner, instance.id), scope: "job" })];
}

interface LockPlace {
  readonly run: RunModel;
  readonly instance: Instance;
  readonly scope: "run" | "job";
}

export function lockOf(concurrency: Concurrency, { run, instance, scope }: LockPlace): Lock {
  const place = { run, instance, step: undefined };
  const key = keyOfTemplate(concurrency.group);
  const queue = concurrency.queue?.raw.trim() === "max" ? 100 : 1;
  return {
    group: resolveKey(key, place, undefined),
    at: concurrency.at,
    scope,
    groupUnder: (under): Key => resolveKey(key, place, under),
    cancels: (under) => settingUnder(concurrency.cancelInProgress, { run, instance, under }),
    queue,
    reads: concurrency.group.parts.flatMap((part) =>
      part.kind === "expression" && part.expression.kind === "expression" ? pathsRead(part.expression.syntax) : [],
    ),
    file: instance.level.workflow.file,
  };
}

interface SettingPlace {
  readonly run: RunModel;
  readonly instance: Instance;
  readonly under: Circumstances;
}

function settingUnder(setting: Setting<boolean> | undefined, { run, instance, under }: SettingPlace): Truth {
  if (!setting) return "no";
  if (setting.kind === "known") return setting.value ? "yes" : "no";
  const value: AbstractValue = valueOfTemplate(setting.template, run.surroundings(instance, under));
  return isTrue(value);
}

function failureIgnored(job: Job): JobFacts["failureIgnored"] {
  const setting = job.kind === "steps" ? job.continueOnError : undefined;
  if (!setting) return undefined;
  return { value: setting.kind === "known" ? (setting.value ? "yes" : "no") : "unknown", at: setting.at };
}

function matrixFacts({ strategy }: Job): MatrixFacts | undefined {
  const matrix = strategy?.matrix;
  if (!matrix) return undefined;
  return {
    legs: matrix.legs?.map(
      (leg) =>
        new Map(
          [...leg].map(([name, value]) => [
            name.toLowerCase(),
            value.kind === "known"
              ? typeof value.value === "object"
                ? JSON.stringify(value.value)
                : String(value.value)
              : "\u0000",
          ]),
        ),
    ),
    axes: matrix.axes.map((axis) => axis.name.value.toLowerCase()),
    oneAtATime: strategy?.maxParallel?.kind === "known" && strategy.maxParallel.value === 1,
    at: matrix.at,
  };
}

function rightsOf(instance: Instance): Rights {
  const { job, level } = instance;
  const permissions = job.permissions ?? level.workflow.permissions ?? level.caller?.job.permissions;
  return {
    secrets: job.kind === "steps" ? secretsIn(job, level.workflow.source.text) : secretsOfCall(job),
    writes: writes(permissions),
    permissionsAt: permissions?.at,
  };
}

function secretsOfCall(job: Exclude<Job, StepsJob>): string[] {
  if (job.secrets.kind === "inherit") return ["all"];
  return job.secrets.kind === "given" ? job.secrets.map.entries.map((entry) => entry.key.value) : [];
}

function secretsIn(job: StepsJob, text: string): string[] {
  const names = new Set<string>();
  const written = text.slice(job.at.start, job.at.end);
  for (const match of written.matchAll(/secrets\.([A-Za-z_][\w-]*)/g)) {
    if (match[1]!.toUpperCase() !== "GITHUB_TOKEN") names.add(match[1]!);
  }
  return [...names];
}

function writes(permissions: Permissions | undefined): Truth {
  if (!permissions) return "unknown";
  if (permissions.all) return permissions.all === "write" ? "yes" : "no";
  return [...permissions.scopes.values()].some((level) => level.value === "write") ? "yes" : "no";
}
