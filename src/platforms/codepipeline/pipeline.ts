/** A CodePipeline as it is written, whatever the format: every text with its place, what only a deployment knows left open. */

import type { LiteralSecret } from "../../facts/facts.ts";
import type { Written } from "../../facts/written.ts";
import type { Finding } from "../../findings/finding.ts";
import type { Place, SourceFile } from "../../findings/source.ts";
import type { Node } from "./read/tree/node.ts";

export interface CodePipeline {
  readonly id: string;
  readonly label: string;
  readonly source: SourceFile;
  readonly at: Place;
  readonly name: Written | undefined;
  readonly nameAt: Place;
  /** Names by which other parts of the files mean this pipeline: its name, its identity in the template. */
  readonly aliases: readonly string[];
  readonly mode: Written | undefined;
  /** What the service takes it for; without a type written, by what else is. */
  readonly type: "V1" | "V2" | "unknown";
  readonly stages: readonly Stage[];
  readonly triggers: readonly Trigger[];
  readonly variables: readonly Variable[];
  readonly stores: readonly Written[];
  readonly role: Written | undefined;
  /** Lists that are put together at deployment: something may be missing here. */
  readonly partial: boolean;
  readonly scope: ValueScope;
}

export interface Stage {
  readonly name: Written | undefined;
  readonly at: Place;
  readonly actions: readonly Action[];
  readonly beforeEntry: StageCondition | undefined;
  readonly onSuccess: StageCondition | undefined;
  readonly onFailure: OnFailure | undefined;
}

/** What is looked at before a run goes into a stage or out of it, and what comes about when a rule of it fails. */
export interface StageCondition {
  readonly result: Written | undefined;
  readonly rules: readonly ConditionRule[];
}

export interface ConditionRule {
  readonly name: Written | undefined;
  readonly provider: Written | undefined;
  readonly configuration: readonly Setting[];
}

export interface OnFailure {
  readonly result: Written | undefined;
  readonly retryMode: Written | undefined;
  readonly condition: StageCondition | undefined;
}

/** Given when a run is started, or the default. */
export interface Variable {
  readonly name: Written;
  readonly default: Written | undefined;
}

export interface Action {
  readonly name: Written | undefined;
  readonly at: Place;
  readonly category: Written | undefined;
  readonly owner: Written | undefined;
  readonly provider: Written | undefined;
  /** Undefined where it is not written. */
  readonly runOrder: Written | undefined;
  readonly inputs: readonly Written[];
  readonly outputs: readonly Written[];
  readonly configuration: readonly Setting[];
  readonly commands: readonly Written[];
  /** Variables of its commands, where it has commands of its own. */
  readonly variables: readonly BuildVariable[];
  readonly namespace: Written | undefined;
  readonly role: Written | undefined;
  readonly region: Written | undefined;
}

export interface Setting {
  readonly name: string;
  readonly nameAt: Place;
  readonly value: Written;
}

export interface Trigger {
  readonly at: Place;
  readonly sourceAction: Written | undefined;
  readonly push: readonly PushFilter[];
  readonly pullRequests: readonly PullRequestFilter[];
}

export interface PushFilter {
  readonly at: Place;
  readonly branches: Patterns | undefined;
  readonly tags: Patterns | undefined;
  readonly paths: Patterns | undefined;
}

export interface PullRequestFilter {
  readonly at: Place;
  /** Branches that it asks to be merged into. */
  readonly branches: Patterns | undefined;
  readonly paths: Patterns | undefined;
  /** `OPEN`, `UPDATED`, `CLOSED`; none: all. */
  readonly events: readonly Written[];
}

export interface Patterns {
  readonly includes: readonly Written[];
  readonly excludes: readonly Written[];
  readonly at: Place;
}

/** Other resources of the same template or configuration, by kind. */
export interface ValueScope {
  /** What a name in this file stands for. */
  text(node: Node | undefined): Written | undefined;
  /** Items of a list, alternatives included; `partial` where some are unknown. */
  list(node: Node | undefined): { readonly items: readonly Node[]; readonly partial: boolean };
  readonly projects: readonly Project[];
  readonly rules: readonly EventRule[];
  readonly buckets: readonly Bucket[];
  readonly roles: readonly Role[];
}

/** A variable of a build, and where its value comes from: for a stored one the value is the name it is stored under. */
export interface BuildVariable {
  readonly name: string;
  readonly value: Written;
  readonly from: "value" | "parameter-store" | "secrets-manager";
}

/** What becomes of other pipelines, of their stages or actions. A list that is not written lets everything through. */
export interface StateOrigin {
  readonly kind: "state";
  readonly level: "pipeline" | "stage" | "action";
  readonly pipelines: readonly Written[] | undefined;
  readonly stages: readonly Written[] | undefined;
  readonly actions: readonly Written[] | undefined;
  readonly states: readonly Written[] | undefined;
}

/** A CodeBuild project. */
export interface Project {
  readonly aliases: readonly string[];
  /** Inline, by path, or (undefined) `buildspec.yml` at the root of the source. */
  readonly buildspec: Written | undefined;
  readonly buildspecNode: Node | undefined;
  /** Undefined where they are put together at deployment. */
  readonly variables: readonly BuildVariable[] | undefined;
  readonly at: Place;
  /** Kind and size of the machine, e.g. `LINUX_CONTAINER` and `BUILD_GENERAL1_SMALL`. */
  readonly machine: { readonly type: Written | undefined; readonly size: Written | undefined };
  /** Values of Secrets Manager that its environment names. */
  readonly secrets: readonly Written[];
}

/** An EventBridge rule that starts pipelines. */
export interface EventRule {
  readonly at: Place;
  readonly targets: readonly string[];
  readonly origin:
    | StateOrigin
    /** Of `push`: what a source of the pipeline fetches was changed. */
    | { readonly kind: "push" | "schedule" | "other" };
}

export interface Bucket {
  readonly aliases: readonly string[];
  readonly at: Place;
  readonly nameAt: Place;
  readonly label: string;
  /** Whether public access is blocked: `silent` where nothing is written. */
  readonly blocked: "yes" | "no" | "silent" | "unknown";
  readonly blockedAt: Place;
  readonly encrypted: "yes" | "silent" | "unknown";
  readonly publicAt: Place | undefined;
  /** When its lifecycle removes every object; undefined where no rule does, or it is not told. */
  readonly expireDays: number | undefined;
}

export interface Role {
  readonly aliases: readonly string[];
  readonly statements: readonly Statement[];
}

export interface Statement {
  readonly at: Place;
  readonly actions: readonly string[];
  readonly onEverything: boolean;
  readonly conditional: boolean;
}

/** How many there are. */
export interface KeptResources {
  readonly alarms: number;
  readonly dashboards: number;
  readonly keys: number;
}

/** What a repository holds of CodePipelines. */
export interface PipelineFiles {
  readonly pipelines: readonly CodePipeline[];
  /** By path, as reports show them. */
  readonly sources: ReadonlyMap<string, SourceFile>;
  readonly problems: readonly Finding[];
  readonly secrets: readonly LiteralSecret[];
  /** Files in which pipelines were found, sorted. */
  readonly files: readonly string[];
  /** What else is paid for by being there, in the files that hold pipelines. */
  readonly kept: KeptResources;
  /** A stack template by its path in the source artifact, parsed when asked for. */
  template(path: string): { readonly root: Node; readonly source: SourceFile } | undefined;
  /** Another file of the repository, parsed when asked for. */
  document(path: string): Node | undefined;
}
