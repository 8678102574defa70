import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseEnv } from "node:util";
import type { Delivery } from "../model/delivery.ts";
import { secretsRead } from "../model/job-values.ts";
import type { Plan } from "../plan/plan.ts";
import { UsageError } from "./problem.ts";
import type { Terminal } from "./terminal/terminal.ts";

export type Secrets = (name: string) => string | undefined;

/** Secrets come from a file of `NAME=value` lines, else from the environment variable of the same name. */
export function readSecrets(terminal: Terminal, file: string | undefined): Secrets {
  const fromFile = file === undefined ? {} : readSecretsFile(resolve(terminal.cwd, file), file);
  return (name) => fromFile[name] ?? terminal.env[name];
}

function readSecretsFile(path: string, given: string): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync(path, "utf8"));
  } catch (error) {
    throw new UsageError(`--secrets-file ${given} cannot be read: ${(error as Error).message}`, {
      next: "it holds one NAME=value on each line",
    });
  }
}

/** Refuses a run before it starts when a job that runs needs a secret that is not there. */
export function requireSecrets(delivery: Delivery, plan: Plan, secrets: Secrets): void {
  const missing = new Map<string, string>();
  for (const planned of plan.jobs) {
    if (planned.decision !== "run") continue;
    for (const name of secretsOf(delivery, planned.pipeline, planned.job)) {
      if (secrets(name) === undefined && !missing.has(name)) missing.set(name, planned.id);
    }
  }
  if (missing.size === 0) return;
  const list = [...missing].map(([name, job]) => `${name} (for ${job})`).join(", ");
  throw new UsageError(`${missing.size === 1 ? "a secret is" : `${missing.size} secrets are`} not set: ${list}`, {
    next: "set an environment variable of that name, or give --secrets-file FILE with NAME=value lines",
  });
}

/** Names of all secrets that a delivery mentions. */
export function allSecretsOf({ pipelines }: Delivery): Set<string> {
  return new Set(
    pipelines.flatMap((pipeline) => Object.values(pipeline.jobs).flatMap((job) => secretsRead(pipeline, job))),
  );
}

/** Names of the secrets that a job reads, in its own values and its pipeline's. */
export function secretsOf(delivery: Delivery, pipelineName: string, jobName: string): string[] {
  const pipeline = delivery.pipelines.find(({ name }) => name === pipelineName);
  const job = pipeline?.jobs[jobName];
  return pipeline && job ? secretsRead(pipeline, job) : [];
}
