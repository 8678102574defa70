import { createHash } from "node:crypto";
import { join } from "node:path";
import type { RunId } from "../engine/events.ts";
import type { JobId } from "../plan/plan.ts";

/** Which attempt a log belongs to; `attempt` counts from 1. */
export interface LogOf {
  run: RunId;
  job: JobId;
  attempt: number;
}

const LONGEST_NAME = 200;

/** Where the log of an attempt is, whether or not it has been written. */
export function logPath(stateFolder: string, { run, job, attempt }: LogOf): string {
  return join(stateFolder, "logs", fileName(run), `${fileName(job)}.${attempt}.log`);
}

/** Readable and unambiguous: percent signs for what a file name should not have, a digest where it would be too long. */
function fileName(id: string): string {
  const encoded = encodeURIComponent(id)
    .replace(/%(40|3D|2C)/g, decodeURIComponent)
    .replace(/^\./, "%2E");
  if (encoded.length <= LONGEST_NAME) return encoded;
  return `${encoded.slice(0, LONGEST_NAME - 17)}-${createHash("sha256").update(id).digest("hex").slice(0, 16)}`;
}
