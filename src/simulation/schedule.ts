/** Schedules: the order of events that is claimed to be possible. */

import type { Conclusion } from "../facts/facts.ts";
import type { JobPattern, RunPattern } from "./scenario.ts";

/** A moment that must be found in a trace. */
export type Moment =
  | { readonly kind: "event"; readonly event: string }
  | { readonly kind: "run-created"; readonly run: RunPattern }
  /** A run or job that waits for its lock was replaced by a newer one. */
  | { readonly kind: "dropped"; readonly run: RunPattern; readonly path?: readonly string[] }
  | { readonly kind: "run-cancelled"; readonly run: RunPattern; readonly path?: readonly string[] }
  /** A run or job asks for its lock and has to wait. */
  | { readonly kind: "queued"; readonly run: RunPattern; readonly path?: readonly string[] }
  | { readonly kind: "run-ended"; readonly run: RunPattern; readonly conclusion?: Conclusion }
  | { readonly kind: "job-started"; readonly job: JobPattern }
  | { readonly kind: "job-ended"; readonly job: JobPattern; readonly conclusion?: Conclusion }
  | {
      readonly kind: "step";
      readonly job: JobPattern;
      readonly step: number;
      readonly outcome?: "success" | "failure";
    };

/** Moments in the order in which they must occur; anything else may happen in between. */
export type Schedule = readonly Moment[];
