/** Scenarios: what the outside world does, and how what is left open turns out; and the patterns that name runs and jobs. */

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
