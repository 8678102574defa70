import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseEnv } from "node:util";
import type { Delivery } from "../../model/delivery.ts";
import { secretsRead } from "../../model/job-values.ts";
import type { Plan } from "../../plan/plan.ts";
import { type Caller, refused } from "../control.ts";

export type Secrets = (name: string) => string | undefined;

/** Secrets come from a file of `NAME=value` lines, else from the environment variable of the same name. */
export function readSecrets({ cwd, env }: Pick<Caller, "cwd" | "env">, file: string | undefined): Secrets {
  const fromFile = file === undefined ? {} : readSecretsFile(resolve(cwd, file), file);
  return (name) => fromFile[name] ?? env[name];
}

function readSecretsFile(path: string, given: string): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync(path, "utf8"));
  } catch (error) {
    throw refused("unreadable-secrets", { subject: given, because: (error as Error).message });
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
  const because = [...missing].map(([name, job]) => `${name} (for ${job})`).join(", ");
  throw refused("missing-secrets", { subject: [...missing.keys()].join(", "), known: [...missing.keys()], because });
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
