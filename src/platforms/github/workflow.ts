/**
 * What the reader makes of a repository's workflows and local actions: everything that is written, each scalar with its
 * place, nothing evaluated. Fields that are absent in the file are `undefined`; what cannot be understood is reported in
 * `Repository.problems` and left out, or kept with kind `unknown`, never guessed.
 */

import type { Finding } from "../../findings/finding.ts";
import type { Place, Placed, SourceFile } from "../../findings/source.ts";
import type { CalledFiles } from "../../shell/called/called-files.ts";
import type { Json, Syntax } from "./read/expressions/syntax.ts";

export type { Json, Syntax } from "./read/expressions/syntax.ts";

/** Something that offline reading may or may not be able to tell. */
export type Known<T> = { readonly kind: "known"; readonly value: T } | { readonly kind: "unknown" };

export interface Repository {
  /** The folder that holds `.github`, as given or found. */
  readonly root: string;
  /** The one file that was asked for, relative to the root, where it was a file. */
  readonly focus: string | undefined;
  /** Sorted by file. */
  readonly workflows: readonly Workflow[];
  /** Workflow files whose contents are not known, sorted: their problems are reported, what they do cannot be told. */
  readonly unreadable: readonly string[];
  /** Local actions that some workflow or action uses, sorted by folder. */
  readonly actions: readonly LocalAction[];
  /** What else there is, read when something calls it. */
  readonly files: CalledFiles;
  /** From `origin/HEAD` of the clone, or as given by the caller. */
  readonly defaultBranch: Known<string>;
  /** `owner/name` on GitHub, from the clone's `origin`. */
  readonly slug: Known<string>;
  /** What GitHub would refuse and what could not be read: rule `invalid-workflow`. */
  readonly problems: readonly Finding[];
  /** Every file that was read, by path. */
  readonly sources: ReadonlyMap<string, SourceFile>;
}

// ---------------------------------------------------------------------------------------------------------------------
// Strings with expressions

/** One `${{ … }}` (or a whole `if`). `unknown` where GitHub's grammar refuses the text. */
export type Expression =
  | { readonly kind: "expression"; readonly text: string; readonly syntax: Syntax; readonly at: Place }
  | { readonly kind: "unknown"; readonly text: string; readonly reason: string; readonly at: Place };

export type TemplatePart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "expression"; readonly expression: Expression };

/** A scalar that GitHub expands: literal text and expressions, in order. `raw` is the scalar's value as YAML gives it. */
export interface Template {
  readonly raw: string;
  readonly parts: readonly TemplatePart[];
  readonly at: Place;
}

/** A boolean or number that may be written as an expression. */
export type Setting<T> =
  | { readonly kind: "known"; readonly value: T; readonly at: Place }
  | { readonly kind: "expression"; readonly template: Template; readonly at: Place };

/** An `if`. */
export interface Condition {
  readonly raw: string;
  /** What GitHub evaluates: the text itself, what stands in its `${{ }}`, or the concatenation of both where it is mixed. */
  readonly expression: Expression;
  /** Whether `success()`, `failure()`, `cancelled()` or `always()` occurs; without one GitHub adds `success() &&`. */
  readonly hasStatusFunction: boolean;
  /** Text outside `${{ }}`: the value is a non-empty string and so always true. */
  readonly mixedWithText: boolean;
  readonly at: Place;
}

export interface TemplateEntry {
  readonly key: Placed<string>;
  readonly value: Template;
}

/** `env`, `with`, `secrets`, `outputs`: entries as written, or one expression that yields them all. */
export interface TemplateMap {
  readonly entries: readonly TemplateEntry[];
  readonly expression: Template | undefined;
  readonly at: Place;
}

// ---------------------------------------------------------------------------------------------------------------------
// Workflows

export interface Workflow {
  /** Relative to the root: `.github/workflows/ci.yml`. */
  readonly file: string;
  readonly source: SourceFile;
  /** `name:`, where it is written. */
  readonly name: Placed<string> | undefined;
  /** What `workflow_run` and the Actions page call it: its name, else its path. */
  readonly displayName: string;
  readonly runName: Template | undefined;
  readonly triggers: readonly Trigger[];
  readonly permissions: Permissions | undefined;
  readonly env: TemplateMap | undefined;
  readonly defaults: RunDefaults | undefined;
  readonly concurrency: Concurrency | undefined;
  /** In the order of the file. */
  readonly jobs: readonly Job[];
  /** The whole document, or its first key. */
  readonly at: Place;
}

/** Patterns in the order they are written: a later one overrules an earlier one. */
export interface FilterList {
  readonly patterns: readonly Placed<string>[];
  readonly at: Place;
}

export interface RefFilters {
  readonly branches: FilterList | undefined;
  readonly branchesIgnore: FilterList | undefined;
}

export interface PathFilters {
  readonly paths: FilterList | undefined;
  readonly pathsIgnore: FilterList | undefined;
}

/** Activity types as written; `undefined` means the event's own default types. */
export interface ActivityTypes {
  readonly types: FilterList | undefined;
}

export interface PushTrigger extends RefFilters, PathFilters {
  readonly event: "push";
  readonly tags: FilterList | undefined;
  readonly tagsIgnore: FilterList | undefined;
  readonly at: Place;
}

export interface PullRequestTrigger extends RefFilters, PathFilters, ActivityTypes {
  readonly event: "pull_request" | "pull_request_target";
  readonly at: Place;
}

export interface WorkflowRunTrigger extends RefFilters, ActivityTypes {
  readonly event: "workflow_run";
  /** Display names of the upstream workflows; any one of them is enough. */
  readonly workflows: FilterList | undefined;
  readonly at: Place;
}

export interface WorkflowInput {
  readonly name: Placed<string>;
  readonly type: "string" | "boolean" | "number" | "choice" | "environment" | "unknown";
  readonly required: boolean;
  /** As written: a default of `workflow_call` may hold an expression. */
  readonly default: Template | undefined;
  /** For `choice`. */
  readonly options: readonly Placed<string>[];
  readonly at: Place;
}

export interface WorkflowCallTrigger {
  readonly event: "workflow_call";
  readonly inputs: readonly WorkflowInput[];
  readonly outputs: readonly TemplateEntry[];
  readonly secrets: readonly { readonly name: Placed<string>; readonly required: boolean }[];
  readonly at: Place;
}

export interface WorkflowDispatchTrigger {
  readonly event: "workflow_dispatch";
  readonly inputs: readonly WorkflowInput[];
  readonly at: Place;
}

export interface ScheduleTrigger {
  readonly event: "schedule";
  readonly crons: readonly Placed<string>[];
  readonly at: Place;
}

export interface ReleaseTrigger extends ActivityTypes {
  readonly event: "release";
  readonly at: Place;
}

export interface RepositoryDispatchTrigger extends ActivityTypes {
  readonly event: "repository_dispatch";
  readonly at: Place;
}

/** Any other event; `name` is what is written. */
export interface OtherTrigger extends ActivityTypes {
  readonly event: "other";
  readonly name: string;
  readonly at: Place;
}

export type Trigger =
  | PushTrigger
  | PullRequestTrigger
  | WorkflowRunTrigger
  | WorkflowCallTrigger
  | WorkflowDispatchTrigger
  | ScheduleTrigger
  | ReleaseTrigger
  | RepositoryDispatchTrigger
  | OtherTrigger;

export type PermissionLevel = "read" | "write" | "none";

export interface Permissions {
  /** `read-all`, `write-all`; `undefined` where scopes are listed (`{}` lists none: everything is `none`). */
  readonly all: "read" | "write" | undefined;
  readonly scopes: ReadonlyMap<string, Placed<PermissionLevel>>;
  readonly at: Place;
}

export interface RunDefaults {
  readonly shell: Template | undefined;
  readonly workingDirectory: Template | undefined;
}

export interface Concurrency {
  readonly group: Template;
  readonly cancelInProgress: Setting<boolean> | undefined;
  /** `max` keeps up to 100 waiting; `single`, the default, keeps one and drops the one that waited before. */
  readonly queue: Template | undefined;
  readonly at: Place;
}

// ---------------------------------------------------------------------------------------------------------------------
// Jobs

interface JobBase {
  readonly id: string;
  readonly idAt: Place;
  readonly name: Template | undefined;
  readonly needs: readonly Placed<string>[];
  readonly if: Condition | undefined;
  readonly strategy: Strategy | undefined;
  readonly concurrency: Concurrency | undefined;
  readonly permissions: Permissions | undefined;
  /** The job's whole mapping. */
  readonly at: Place;
}

/** A job with steps of its own. */
export interface StepsJob extends JobBase {
  readonly kind: "steps";
  readonly runsOn: RunsOn | undefined;
  readonly environment: Environment | undefined;
  readonly outputs: TemplateMap | undefined;
  readonly env: TemplateMap | undefined;
  readonly defaults: RunDefaults | undefined;
  readonly continueOnError: Setting<boolean> | undefined;
  readonly timeoutMinutes: Setting<number> | undefined;
  readonly container: Container | undefined;
  readonly services: readonly Service[];
  readonly steps: readonly Step[];
}

/** A job that calls a reusable workflow. */
export interface CallJob extends JobBase {
  readonly kind: "call";
  readonly uses: CalledWorkflow;
  readonly with: TemplateMap | undefined;
  readonly secrets: CallSecrets;
}

export type Job = StepsJob | CallJob;

export type CalledWorkflow =
  /** `path` is relative to the root, without `./`. */
  | { readonly kind: "local"; readonly path: string; readonly text: string; readonly at: Place }
  | {
      readonly kind: "remote";
      readonly owner: string;
      readonly repo: string;
      readonly path: string;
      readonly ref: string;
      readonly text: string;
      readonly at: Place;
    }
  | { readonly kind: "unknown"; readonly text: string; readonly at: Place };

export type CallSecrets =
  | { readonly kind: "none" }
  | { readonly kind: "inherit"; readonly at: Place }
  | { readonly kind: "given"; readonly map: TemplateMap };

export interface RunsOn {
  readonly labels: readonly Template[];
  readonly group: Template | undefined;
  readonly at: Place;
}

export interface Environment {
  readonly name: Template;
  readonly url: Template | undefined;
  /** Whether the job makes a deployment of it; undefined: it does. */
  readonly deployment: Setting<boolean> | undefined;
  readonly at: Place;
}

export interface Container {
  readonly image: Template;
  readonly env: TemplateMap | undefined;
  readonly at: Place;
}

export interface Service extends Container {
  readonly id: string;
}

export interface Strategy {
  readonly matrix: Matrix | undefined;
  /** GitHub's default is true. */
  readonly failFast: Setting<boolean> | undefined;
  readonly maxParallel: Setting<number> | undefined;
  readonly at: Place;
}

/** A value of a matrix: known, a scalar with expressions, or something only the run can tell. */
export type MatrixValue =
  | { readonly kind: "known"; readonly value: Json }
  | { readonly kind: "template"; readonly template: Template }
  | { readonly kind: "unknown" };

/** One combination, by the keys as written. */
export type MatrixLeg = ReadonlyMap<string, MatrixValue>;

export interface MatrixAxis {
  readonly name: Placed<string>;
  readonly values: readonly MatrixValue[] | undefined;
  readonly expression: Template | undefined;
}

export interface Matrix {
  /** All legs in GitHub's order after `exclude` and `include`; `undefined` where expressions decide how many there are. */
  readonly legs: readonly MatrixLeg[] | undefined;
  /** Axes as written; those made by an expression have no `values`. */
  readonly axes: readonly MatrixAxis[];
  /** As written: a list, or the expression that makes it. */
  readonly include: readonly MatrixLeg[] | Template | undefined;
  readonly exclude: readonly MatrixLeg[] | Template | undefined;
  /** The expression that makes the whole matrix, where there is one. */
  readonly expression: Template | undefined;
  readonly at: Place;
}

// ---------------------------------------------------------------------------------------------------------------------
// Steps and local actions

interface StepBase {
  /** Position in the job or action, from 0. */
  readonly index: number;
  readonly id: Placed<string> | undefined;
  readonly name: Template | undefined;
  readonly if: Condition | undefined;
  readonly env: TemplateMap | undefined;
  readonly continueOnError: Setting<boolean> | undefined;
  readonly timeoutMinutes: Setting<number> | undefined;
  readonly at: Place;
}

export interface RunStep extends StepBase {
  readonly kind: "run";
  readonly run: Template;
  readonly shell: Template | undefined;
  readonly workingDirectory: Template | undefined;
}

export interface UsesStep extends StepBase {
  readonly kind: "uses";
  readonly uses: UsedAction;
  readonly with: TemplateMap | undefined;
}

/** A step with neither `run` nor `uses`, or with both: GitHub refuses it. */
export interface BrokenStep extends StepBase {
  readonly kind: "broken";
}

export type Step = RunStep | UsesStep | BrokenStep;

export type UsedAction =
  /** `name` is `owner/repo` or `owner/repo/path` in lower case, for look-ups. */
  | {
      readonly kind: "action";
      readonly owner: string;
      readonly repo: string;
      readonly path: string;
      readonly ref: string;
      readonly name: string;
      readonly text: string;
      readonly at: Place;
    }
  /** `path` is relative to the root, without `./`; empty for the root itself. */
  | { readonly kind: "local"; readonly path: string; readonly text: string; readonly at: Place }
  | { readonly kind: "docker"; readonly image: string; readonly text: string; readonly at: Place }
  | { readonly kind: "unknown"; readonly text: string; readonly at: Place };

export interface ActionInput {
  readonly name: Placed<string>;
  readonly required: boolean;
  readonly default: Template | undefined;
}

/** An action in the repository itself. Only composite ones have steps; of others we know that they run code. */
export interface LocalAction {
  /** Folder relative to the root, empty for the root itself. */
  readonly path: string;
  readonly file: string;
  readonly source: SourceFile;
  readonly name: Placed<string> | undefined;
  readonly inputs: readonly ActionInput[];
  readonly outputs: readonly TemplateEntry[];
  readonly using: "composite" | "node" | "docker" | "unknown";
  readonly steps: readonly Step[];
  readonly at: Place;
}
