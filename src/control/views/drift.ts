import type { DriftLooked, JobId, RunId } from "./events.ts";

/** Whether environments are still as they were deployed, as somebody has just looked. */
export interface DriftView {
  version: 1;
  looks: DriftLook[];
}

/** One job that says how to look. */
export interface DriftLook {
  environment: string;
  job: JobId;
  /** The run that left it so, and the release that it brought. */
  run: RunId;
  release: number;
  found: DriftLooked["found"];
  /** What was found the last time. */
  before?: DriftLooked["found"];
  /** What its command printed, or why it could not tell. Masked. */
  said: string[];
  /** The file that has all that it printed, where that is more. */
  log?: string;
}
