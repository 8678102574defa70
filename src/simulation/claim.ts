/**
 * What a finding claims: after this schedule of this scenario comes this bad state. The checker proposes it; the simulator
 * of a platform carries it out or says why it cannot. Both sides know only these types.
 */

import type { Conclusion } from "../facts/facts.ts";
import type { JobPattern, RunPattern, Scenario } from "./scenario.ts";
import type { Schedule } from "./schedule.ts";

/** The bad state at the end of the schedule, looked for in the trace. */
export type BadState =
  /** `follower` happens although `job` ended badly (or was skipped) before. */
  | { readonly kind: "runs-after"; readonly job: JobPattern; readonly follower: JobPattern }
  /** `follower` happens although the run before it ended like this. */
  | {
      readonly kind: "runs-after-run";
      readonly run: RunPattern;
      readonly conclusions: readonly Conclusion[];
      readonly follower: JobPattern;
    }
  /** Both happen, the first before the second has ended or started: nothing orders them. `overlap`: at one time. */
  | { readonly kind: "before"; readonly first: JobPattern; readonly second: JobPattern }
  | { readonly kind: "overlap"; readonly first: JobPattern; readonly second: JobPattern }
  /** `follower`, or the step of it, happens although this step of the job has failed before. */
  | {
      readonly kind: "runs-after-step";
      readonly job: JobPattern;
      readonly failed: number;
      readonly follower: JobPattern;
      readonly step?: number;
    }
  | { readonly kind: "dropped"; readonly run: RunPattern; readonly path?: readonly string[] }
  | { readonly kind: "cancelled"; readonly run: RunPattern; readonly path?: readonly string[] }
  /** The job runs at least this often for one root event. */
  | { readonly kind: "runs-times"; readonly job: JobPattern; readonly times: number }
  | { readonly kind: "run-times"; readonly run: RunPattern; readonly times: number }
  | { readonly kind: "never-created"; readonly run: RunPattern }
  /** Something asks for a run of the pipeline by name, or makes what it waits for, and the platform starts none. */
  | { readonly kind: "refused"; readonly pipeline: string }
  /** After a run of each of these pipelines there is such a run. */
  | { readonly kind: "started-after"; readonly run: RunPattern; readonly each: readonly string[] }
  | { readonly kind: "never-runs"; readonly job: JobPattern; readonly step?: number }
  /** The job, or the step of it, runs. */
  | { readonly kind: "runs"; readonly job: JobPattern; readonly step?: number }
  /** The step takes another commit than `insteadOf` ran on. */
  | {
      readonly kind: "reads-other-commit";
      readonly job: JobPattern;
      readonly step: number;
      readonly insteadOf: RunPattern;
    }
  /** The step takes a commit that somebody outside the repository wrote. */
  | { readonly kind: "reads-outsider"; readonly job: JobPattern; readonly step: number }
  /** The step looks for an artifact and there is none; where a name is told, for this one of its own run. */
  | { readonly kind: "finds-nothing"; readonly job: JobPattern; readonly step: number; readonly artifact?: string }
  /** The job ends well, and afterwards none of these starts. */
  | { readonly kind: "not-followed"; readonly job: JobPattern; readonly by: readonly JobPattern[] }
  /** The step takes the artifact of this run. */
  | { readonly kind: "reads-run"; readonly job: JobPattern; readonly step: number; readonly of: RunPattern };

/** A counterexample as the checker proposes it. */
export interface Claim {
  readonly scenario: Scenario;
  readonly schedule: Schedule;
  readonly bad: BadState;
}
