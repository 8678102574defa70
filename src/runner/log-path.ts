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

/** Where the log of an attempt is, whether or not it has been written. */
export function logPath(stateFolder: string, { run, job, attempt }: AttemptName): string {
  return join(stateFolder, "logs", fileName(run), `${attemptFileName({ job, attempt })}.log`);
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
