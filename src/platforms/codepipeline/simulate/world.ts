/** What is decided outside of the pipelines, and what can be told afterwards. */

import type { RootEvent } from "../../../simulation/scenario.ts";

/** Everything that the service leaves open. */
export interface World {
  /**
   * What comes from outside, one after the other: pushes and pull requests, `dispatch` for a start by hand (or by
   * anything that is not in the files), `schedule`, `cancel` to stop runs, `rerun` to retry the stage that failed.
   */
  readonly events: readonly RootEvent[];
  /** Which of so many things that may happen next does; a number below `count`. */
  choose(count: number): number;
  /** How an action ends; an approval that is rejected or that nobody answers fails. Without it all pass. */
  outcome?(at: ActionPlace): "passed" | "failed";
  /** Whether an action finds an artifact that nobody is seen to make. Without it none does. */
  findsUnmade?(at: ActionPlace & { readonly artifact: string }): boolean;
  /** How a command in a phase ends, for actions that pass otherwise. Without it all pass. */
  phase?(at: PhasePlace): "passed" | "failed";
  /** Output variables of an action that passes. Those of sources (`CommitId`, `BranchName`) are there by themselves. */
  variables?(at: ActionPlace): Readonly<Record<string, string>>;
  /**
   * How a rule of a condition turns out. Asked for every rule but a `VariableCheck` whose variables are all set. Without
   * it all pass.
   */
  rule?(at: RulePlace): "passed" | "failed";
  /** The value of an expression that only a deployment knows. */
  known?(expression: string): string | undefined;
  /** Runs of one pipeline that may be in progress at one time, beyond which none is started; 50 without it. */
  readonly mostRuns?: number;
}

export interface ActionPlace {
  readonly run: Run;
  readonly stage: string;
  readonly action: string;
}

export interface PhasePlace extends ActionPlace {
  /** Position in the action, from 0. */
  readonly phase: number;
}

export interface RulePlace {
  readonly run: Run;
  readonly stage: string;
  readonly when: "beforeEntry" | "onSuccess" | "onFailure";
  readonly rule: string;
  readonly provider: string;
}

/** `rollback`: goes through one stage only, with the artifacts and variables of an earlier run. */
export type RunKind = "standard" | "rollback";

export interface Run {
  /** Position in `Trace.runs`. */
  readonly id: number;
  /** Id of the pipeline. */
  readonly pipeline: string;
  readonly kind: RunKind;
  /** The run whose artifacts and variables are used: its own, or that which a rollback puts back. */
  readonly release: number;
  readonly cause: { readonly kind: "event"; readonly event: string } | { readonly kind: "run"; readonly run: number };
  /** The event from outside at the beginning. */
  readonly root: string;
  /** How it was started, for people. */
  readonly trigger: "push" | "pull-request" | "schedule" | "manual" | "state" | "invoke" | "rollback";
  /** The commit it was started for; undefined where its source takes the newest one of the branch. */
  readonly commit: string | undefined;
  /** Branch or tag, as far as the start tells. */
  readonly ref: string | undefined;
  readonly status: RunStatus;
}

export type RunStatus = "running" | "succeeded" | "failed" | "superseded" | "stopped";

interface InStage {
  readonly run: number;
  readonly stage: string;
}

interface InAction extends InStage {
  readonly action: string;
}

/** One thing that has happened. */
export type TraceEvent =
  | { readonly what: "event"; readonly event: string }
  | { readonly what: "run-started"; readonly run: number }
  /** Somebody has the stage that failed done again. */
  | { readonly what: "run-resumed"; readonly run: number }
  | { readonly what: "not-started"; readonly pipeline: string; readonly cause: string; readonly reason: string }
  /** Another run is in the stage. */
  | ({ readonly what: "waits" } & InStage)
  | ({ readonly what: "superseded" } & InStage)
  | ({ readonly what: "stage-entered" | "stage-skipped" | "stage-passed" | "stage-failed" } & InStage)
  | ({ readonly what: "condition-failed"; readonly when: RulePlace["when"]; readonly rule: string } & InStage)
  /** What the action finds where it looks; no run where there is no such artifact. */
  | ({ readonly what: "finds-artifact"; readonly artifact: string; readonly from: number | undefined } & InAction)
  | ({ readonly what: "takes-commit"; readonly commit: string } & InAction)
  | ({ readonly what: "phase-passed" | "phase-failed"; readonly phase: number } & InAction)
  | ({ readonly what: "action-started" | "action-passed" | "action-failed" | "action-abandoned" } & InAction)
  | { readonly what: "run-ended"; readonly run: number; readonly status: Exclude<RunStatus, "running"> };
