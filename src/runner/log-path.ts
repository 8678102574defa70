import { createHash } from "node:crypto";
import { join } from "node:path";
import type { RunId } from "../engine/events.ts";
import type { JobId } from "../plan/plan.ts";

/** One attempt of a job; `attempt` counts from 1. */
export interface AttemptName {
  run: RunId;
  job: JobId;
  attempt: number;
}

const LONGEST_NAME = 200;

/** Where the attempts of a run have their logs. */
export function runLogsFolder(stateFolder: string, run: RunId): string {
  return join(stateFolder, "logs", fileName(run));
}

/** Where an attempt has its own log when it has one: when it failed, or printed much. */
export function logPath(stateFolder: string, attempt: AttemptName): string {
  return join(runLogsFolder(stateFolder, attempt.run), `${attemptFileName(attempt)}.log`);
}

/** Where the attempts of a run print to that have no log of their own. */
export function sharedLogPath(stateFolder: string, run: RunId): string {
  return join(runLogsFolder(stateFolder, run), "shared.log");
}

/** A file name for what belongs to one attempt, unique in its run. */
export function attemptFileName({ job, attempt }: Pick<AttemptName, "job" | "attempt">): string {
  return `${fileName(job)}.${attempt}`;
}

/** Readable and unambiguous: percent signs for what a file name should not have, a digest where it would be too long. */
function fileName(id: string): string {
  const encoded = encodeURIComponent(id)
    .replace(/%(40|3D|2C)/g, decodeURIComponent)
    .replace(/^\./, "%2E");
  if (encoded.length <= LONGEST_NAME) return encoded;
  return `${encoded.slice(0, LONGEST_NAME - 17)}-${createHash("sha256").update(id).digest("hex").slice(0, 16)}`;
}
