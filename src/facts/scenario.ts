/**
 * Scenarios, schedules and traces: what the outside world does, what is claimed to happen, and what did happen.
 *
 * The checker claims with a `Claim` (scenario, schedule, bad state); a platform's simulator carries the schedule out or
 * says why it cannot. Both sides know only these types.
 */

import type { Conclusion } from "./facts.ts";

// ---------------------------------------------------------------------------------------------------------------------
// What the outside world does

interface RootEventBase {
  /** Short and unique in the scenario, e.g. `push-1`. */
  readonly id: string;
}

/** Something from outside. The first event with a given `commit` makes it. */
export type RootEvent =
  | (RootEventBase & {
      readonly kind: "push";
      /** Where it is not the one that is looked at: as the sources of pipelines name it. */
      readonly repository?: string;
      readonly ref: { readonly kind: "branch" | "tag"; readonly name: string };
      /** Paths that the push touches; `every` means that no path filter stops anything. */
      readonly paths: readonly string[] | "every";
      readonly commit: string;
    })
  | (RootEventBase & {
      readonly kind: "pull-request";
      readonly repository?: string;
      readonly base: string;
      readonly head: string;
      readonly outsider: boolean;
      readonly action: string;
      readonly merged: boolean;
      readonly paths: readonly string[] | "every";
      readonly commit: string;
    })
  | (RootEventBase & {
      readonly kind: "dispatch";
      readonly pipeline: string;
      readonly branch: string;
      readonly inputs: Readonly<Record<string, string>>;
      /** Inputs that name an earlier run by its number. */
      readonly runInputs?: Readonly<Record<string, RunPattern>>;
    })
  | (RootEventBase & { readonly kind: "custom-event"; readonly type: string })
  | (RootEventBase & { readonly kind: "schedule"; readonly pipeline: string })
  | (RootEventBase & { readonly kind: "release"; readonly action: string; readonly tag: string })
  | (RootEventBase & { readonly kind: "other"; readonly name: string; readonly action: string })
  /** A caller that is not in the files calls this pipeline. */
  | (RootEventBase & {
      readonly kind: "call";
      readonly pipeline: string;
      readonly callerName: string;
      readonly inputs: Readonly<Record<string, string>>;
    })
  /** Somebody runs all jobs of an earlier run, which has ended, again. */
  | (RootEventBase & { readonly kind: "rerun"; readonly of: RunPattern })
  /** Somebody cancels every such run that is under way. */
  | (RootEventBase & { readonly kind: "cancel"; readonly of: RunPattern })
  /** Time passes until the artifacts of such runs are deleted, however long each is kept. */
  | (RootEventBase & { readonly kind: "expiry"; readonly of: RunPattern });

/**
 * Which job, and optionally which step, ends how. The first rule that matches decides; without one it succeeds. A rule
 * that says so lets it succeed even where it does not find what it takes.
 * `cancelled` is this job alone, as when its time is over; `rejected` is a person who refuses its environment: it fails
 * before it starts. It does not count for jobs without one.
 */
export interface OutcomeRule {
  readonly job: JobPattern;
  /** Position of the step that fails or is cancelled; without one it is the first that runs. */
  readonly step?: number;
  readonly outcome: "success" | "failure" | "cancelled" | "rejected";
}

/**
 * What a job or step hands on where the files do not tell it: `needs.plan.outputs.web`, `steps.diff.outputs.changed`. It
 * counts when the job or step succeeds; one that is skipped hands on nothing. The first rule with the name decides.
 */
export interface OutputRule {
  readonly job: JobPattern;
  /** Id of the step; without one the outputs are the job's own (of a calling job: the called pipeline's). */
  readonly step?: string;
  readonly values: Readonly<Record<string, string>>;
}

/** A value of an expression that the files do not tell, by its text as written (`vars.DEPLOY`), for every run. */
export interface Choice {
  readonly expression: string;
  readonly value: string | number | boolean | null;
}

export interface Scenario {
  readonly events: readonly RootEvent[];
  readonly outcomes: readonly OutcomeRule[];
  readonly choices: readonly Choice[];
  readonly outputs?: readonly OutputRule[];
  /** Assumed where no clone tells. */
  readonly defaultBranch: string;
  /** How conditions that stay unknown in spite of the choices count. */
  readonly unknownConditions: "hold" | "fail";
  /** Files of pipelines that exist on some branch, but not on the default branch. */
  readonly notOnDefaultBranch?: readonly string[];
}

// ---------------------------------------------------------------------------------------------------------------------
// Patterns over a trace

/** A run: of this pipeline, started by this event directly (`event`), or somewhere down its chain. */
export interface RunPattern {
  readonly pipeline: string;
  readonly event?: string;
  /** Only where the end (or request) of a run with this name started it. */
  readonly after?: string;
}

export interface JobPattern {
  readonly run: RunPattern;
  /** `JobFacts.path`: job ids from the run's own job inwards. */
  readonly path: readonly string[];
  /** Which leg of a matrix, from 0, the legs of calling jobs first; any without it. */
  readonly leg?: number;
}

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

// ---------------------------------------------------------------------------------------------------------------------
// What did happen

interface TraceEntryBase {
  /** Position in the trace, from 0: the only notion of time. */
  readonly at: number;
}

/** One run of a pipeline: `cause` is the root event or the run whose end (or request) started it. */
export interface TraceRun {
  readonly id: number;
  readonly pipeline: string;
  readonly event: string;
  readonly cause: { readonly kind: "event"; readonly event: string } | { readonly kind: "run"; readonly run: number };
  /** The root event at the beginning of the chain. */
  readonly root: string;
  /** The commit that its code is taken from unless a step asks for another. */
  readonly commit: string;
  /** Branch or tag that the run belongs to. */
  readonly ref: string;
  /** 0 for a root event, one more for each completion in between. */
  readonly depth: number;
  /** The commit it was started for: of a pull request the one at the tip of its branch. */
  readonly head: string;
  /** What people call the pipeline. */
  readonly name: string;
  /** Name of the pipeline whose run's end (or request) started it. */
  readonly after: string | undefined;
}

/** What a step finds where it looks: a revision, or an artifact of some run; none where `from` is undefined. */
export type Found =
  | {
      readonly of: "source";
      readonly commit: string;
      /** Somebody outside the repository wrote it. */
      readonly outsider: boolean;
    }
  | { readonly of: "artifact"; readonly name: string; readonly from: number | undefined };

export type TraceEntry = TraceEntryBase &
  (
    | { readonly kind: "event"; readonly event: string }
    | { readonly kind: "run-created"; readonly run: TraceRun }
    /** Why an event that names this pipeline starts nothing. */
    | { readonly kind: "not-started"; readonly pipeline: string; readonly cause: string; readonly reason: string }
    | { readonly kind: "queued"; readonly run: number; readonly path?: readonly string[]; readonly group: string }
    | { readonly kind: "dropped"; readonly run: number; readonly path?: readonly string[]; readonly group: string }
    | {
        readonly kind: "run-cancelled";
        readonly run: number;
        readonly path?: readonly string[];
        readonly group: string;
      }
    | { readonly kind: "run-ended"; readonly run: number; readonly conclusion: Conclusion }
    | { readonly kind: "job-started"; readonly run: number; readonly path: readonly string[]; readonly leg: number }
    | {
        readonly kind: "job-ended";
        readonly run: number;
        readonly path: readonly string[];
        readonly leg: number;
        readonly conclusion: Conclusion;
      }
    | {
        readonly kind: "step";
        readonly run: number;
        readonly path: readonly string[];
        readonly leg: number;
        readonly step: number;
        readonly outcome: "success" | "failure";
      }
    /** What the step finds, before its own entry. What only the run knows is not told. */
    | {
        readonly kind: "read";
        readonly run: number;
        readonly path: readonly string[];
        readonly leg: number;
        readonly step: number;
        readonly found: Found;
      }
  );

export interface Trace {
  readonly scenario: Scenario;
  readonly runs: readonly TraceRun[];
  readonly entries: readonly TraceEntry[];
}

/** Decides which of the things that may happen next does. Deterministic for one scheduler value. */
export interface Scheduler {
  /** `options` are stable names such as `start deploy.yml#deploy`; the answer is an index into them. */
  choose(options: readonly string[]): number;
}

export type Replay =
  | { readonly kind: "possible"; readonly trace: Trace }
  /** `moment` is the index of the first moment that cannot happen after those before it. */
  | { readonly kind: "impossible"; readonly moment: number; readonly reason: string; readonly trace: Trace };

/** What a platform offers: it executes scenarios over the pipelines that were read. */
export interface Simulator {
  simulate(scenario: Scenario, scheduler: Scheduler): Trace;
  /**
   * Looks for a trace in which the moments occur in this order, holding back whatever is not ordered before them. Where
   * only these pipelines are in question (`about`), others that cannot have to do with them may be left out.
   */
  replay(scenario: Scenario, schedule: Schedule, about?: ReadonlySet<string>): Replay;
}

// ---------------------------------------------------------------------------------------------------------------------
// What a finding claims

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
