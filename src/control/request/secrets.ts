import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseEnv } from "node:util";
import type { Delivery } from "../../model/delivery.ts";
import { secretsRead } from "../../model/job-values.ts";
import { secretsOfAddress } from "../../model/notice-address.ts";
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
    const { code, message } = error as NodeJS.ErrnoException;
    const because = { ENOENT: `there is no file ${path}`, EISDIR: "it is a folder", EACCES: "you may not read it" };
    throw refused("unreadable-secrets", { subject: given, because: because[code as keyof typeof because] ?? message });
  }
}

/** Names of all secrets that a delivery mentions. */
export function allSecretsOf({ pipelines, notices = {} }: Delivery): Set<string> {
  return new Set([
    ...pipelines.flatMap((pipeline) => Object.values(pipeline.jobs).flatMap((job) => secretsRead(pipeline, job))),
    ...Object.values(notices).flatMap(({ to }) => Object.values(secretsOfAddress(to))),
  ]);
}
