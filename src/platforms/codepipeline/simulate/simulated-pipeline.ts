/** A pipeline as far as its runs depend on it: when it starts, what it goes through, and where a condition decides. */

import type { Key } from "../../../facts/access.ts";
import type { NameSet } from "../../../facts/name-set.ts";

export interface SimulatedPipeline {
  /** Unique; patterns of claims name it. */
  readonly id: string;
  /** As people call it. */
  readonly name: string;
  readonly executionMode: "QUEUED" | "SUPERSEDED" | "PARALLEL";
  /** Anybody can start it by hand as well. */
  readonly starts: readonly SimulatedStart[];
  readonly stages: readonly SimulatedStage[];
  /** Variables of the pipeline (`#{variables.name}`) that have a default. */
  readonly variables: Readonly<Record<string, string>>;
  /** Some of it is put together at deployment: an artifact that nobody makes here may be there. */
  readonly partial: boolean;
}

export type SimulatedStart =
  | {
      readonly kind: "push";
      /** Identity of the repository or bucket; undefined where it is not known. */
      readonly repository: string | undefined;
      readonly branches: NameSet;
      readonly tags: NameSet;
      readonly paths: NameSet;
      /** The one branch, where only a deployment knows its name. */
      readonly branch: Key | undefined;
      /** The service looks now and then: of two pushes in between it finds the newer one. */
      readonly isPolled: boolean;
    }
  | {
      readonly kind: "pull-request";
      readonly repository: string | undefined;
      readonly branches: NameSet;
      readonly paths: NameSet;
      /** Activity types: `opened`, `synchronize`, `closed`. */
      readonly actions: readonly string[];
    }
  | { readonly kind: "schedule" }
  /** A trigger that listens to a source action that there is not. */
  | { readonly kind: "deaf"; readonly source: string }
  | StateStart;

/** An EventBridge rule on what becomes of pipelines, their stages or actions. Undefined lists let everything through. */
export interface StateStart {
  readonly kind: "state";
  readonly level: "pipeline" | "stage" | "action";
  /** Ids. */
  readonly pipelines: readonly string[] | undefined;
  readonly stages: readonly string[] | undefined;
  readonly actions: readonly string[] | undefined;
  /** `SUCCEEDED`, `FAILED`, … */
  readonly states: readonly string[] | undefined;
}

export interface SimulatedStage {
  readonly name: string;
  readonly actions: readonly SimulatedAction[];
  readonly beforeEntry?: StageCondition | undefined;
  readonly onSuccess?: StageCondition | undefined;
  readonly onFailure?: OnFailure | undefined;
}

export interface SimulatedAction {
  readonly name: string;
  readonly runOrder: number;
  /** Of a source action: the branch it takes the newest commit of, unless the run was started for one. */
  readonly source: { readonly branch: Key | undefined } | undefined;
  /** Artifacts it takes, and those that it names without taking them. */
  readonly inputs: readonly string[];
  readonly namedOnly: readonly string[];
  /** Artifacts it leaves; undefined for one whose name only a deployment knows. */
  readonly outputs: readonly (string | undefined)[];
  /** Name under which its variables are read. */
  readonly namespace: string | undefined;
  /** Commands of a build, one phase after another; without them it passes or fails as a whole. */
  readonly phases?: readonly SimulatedPhase[];
  /** Ids of pipelines that it starts. Nothing says that it waits for them. */
  readonly startsPipelines: readonly string[];
}

export interface SimulatedPhase {
  /** Runs also where the phase before has failed. */
  readonly afterFailure: boolean;
  /** A command may fail in it that does not end it. */
  readonly failureIgnored: boolean;
}

/** Fails when one of its rules does; then its result comes about. */
export interface StageCondition {
  readonly result: "SKIP" | "FAIL" | "ROLLBACK";
  readonly rules: readonly ConditionRule[];
}

export interface ConditionRule {
  readonly name: string;
  /** `VariableCheck`, `CloudWatchAlarm`, `LambdaInvoke`, `DeploymentWindow`, `Commands`, `CodeBuild`. */
  readonly provider: string;
  /** Of a `VariableCheck`. */
  readonly check:
    | {
        /** `#{Gate.changed}`; may hold further text. */
        readonly variable: string;
        readonly operator: "EQ" | "NE" | "CONTAINS" | "MATCHES";
        readonly value: string;
      }
    | undefined;
}

/** Without a condition the result always comes about. */
export interface OnFailure {
  readonly result: "ROLLBACK" | "RETRY" | "FAIL";
  readonly retry: "FAILED_ACTIONS" | "ALL_ACTIONS";
  readonly condition?: StageCondition | undefined;
}
