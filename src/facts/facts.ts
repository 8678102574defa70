/**
 * Facts: what is certain, possible or unknown about the pipelines of a repository, in words that fit any platform.
 *
 * A platform derives them once; the order, the races and every rule read them. Nothing here is an opinion: a fact says
 * where it is written (`at`), and what the files do not tell is `unknown`.
 *
 *     pipeline ── starts ──> run (its jobs, those of called pipelines included) ── completion ──> starts of others
 */

import type { Place, Placed, SourceFile } from "../findings/source.ts";
import type { Access, Key } from "./access.ts";
import type { NameSet } from "./name-set.ts";
import type { Written } from "./written.ts";

/** Three-valued: `unknown` is what only the run can tell. */
export type Truth = "yes" | "no" | "unknown";

export type Conclusion = "success" | "failure" | "cancelled" | "skipped" | "timed_out";

// ---------------------------------------------------------------------------------------------------------------------
// Filters

export type { NameSet } from "./name-set.ts";

// ---------------------------------------------------------------------------------------------------------------------
// What starts a pipeline

/** Outside cause of one run. The fields are what conditions may ask about. */
export type Cause =
  | {
      readonly kind: "push";
      readonly branches: NameSet;
      readonly tags: NameSet;
      readonly paths: NameSet;
      /** What is pushed to, where that is not the repository of the file. */
      readonly source?: PushSource;
    }
  | {
      readonly kind: "pull-request";
      /** Runs the base branch's file, with secrets (`pull_request_target`). */
      readonly trusted: "base" | "head";
      readonly branches: NameSet;
      readonly paths: NameSet;
      /** Activity types; empty means the platform's defaults. */
      readonly types: readonly string[];
    }
  /** Another pipeline's run was requested or has ended. */
  | {
      readonly kind: "completion";
      readonly names: readonly Placed<string>[];
      /** Pipelines those names stand for, by id; names that stand for none are in `dangling`. */
      readonly upstream: readonly { readonly pipeline: string; readonly name: Placed<string> }[];
      readonly dangling: readonly Placed<string>[];
      readonly branches: NameSet;
      readonly types: readonly string[];
      /** What becomes of the other one that starts this one, as the service spells it; `any` is all. Without it, its end. */
      readonly states?: readonly string[] | "any";
      /** The end of any pipeline at all. */
      readonly ofAny?: true;
    }
  | { readonly kind: "dispatch"; readonly inputs: readonly Input[] }
  | { readonly kind: "custom-event"; readonly types: readonly string[] }
  | { readonly kind: "schedule" }
  | { readonly kind: "release"; readonly types: readonly string[] }
  /** Called by a pipeline that is not in the files. */
  | { readonly kind: "call"; readonly inputs: readonly Input[] }
  | { readonly kind: "other"; readonly name: string; readonly types: readonly string[] };

/** A repository or bucket. */
export interface SourceIdentity {
  /** How the service reaches it, e.g. `git` or `bucket`. */
  readonly kind: "git" | "bucket" | "image";
  readonly repository: Written;
}

export interface PushSource extends SourceIdentity {
  /** The one branch that is fetched, where no filter names branches. */
  readonly branch: Written | undefined;
  /** Filters can name paths here at all. */
  readonly filterable: boolean;
  /** The start names a source that the pipeline does not have, only these: it never comes about. */
  readonly missing: { readonly named: Written; readonly known: readonly string[] } | undefined;
}

export interface Input {
  readonly name: string;
  readonly required: boolean;
  readonly hasDefault: boolean;
  readonly options: readonly string[];
  readonly at: Place;
}

export interface Start {
  /** `<pipeline>@<kind>`. */
  readonly id: string;
  readonly pipeline: string;
  readonly cause: Cause;
  /** The event as the platform spells it, e.g. `workflow_run`, or what brings it about, e.g. `a trigger`. */
  readonly event: string;
  readonly at: Place;
}

export interface Pipeline {
  /** The file, relative to the repository; with `#` and the name there, where a file may hold several. */
  readonly id: string;
  /** What completions and people call it. */
  readonly name: string;
  /** As reports call it. */
  readonly label: string;
  readonly source: SourceFile;
  readonly at: Place;
  /** Where its name is written. */
  readonly nameAt: Place | undefined;
  readonly starts: readonly Start[];
  /** Whether other pipelines can call it. */
  readonly callable: boolean;
  /** Jobs of its own run, those of called pipelines included, in the order of the files. */
  readonly jobs: readonly JobFacts[];
  /** Locks of the whole run. */
  readonly locks: readonly Lock[];
}

// ---------------------------------------------------------------------------------------------------------------------
// Circumstances: a start made concrete, as far as a question needs it

/** One way in which a run can come about, and how the jobs before end. Everything not said is unknown. */
export interface Circumstances {
  readonly start: Start;
  readonly branch?: string;
  readonly tag?: string;
  /** The default branch, supposed where no clone tells it. */
  readonly defaultBranch?: string;
  /** Activity type, e.g. `closed`. */
  readonly action?: string;
  /** Branch that a pull request asks to merge. */
  readonly head?: string;
  /** The change comes from somebody outside the repository. */
  readonly outsider?: boolean;
  /** For a completion: the run that has ended. */
  readonly upstream?: Upstream;
  /** Result of jobs by id; jobs not named succeed when they run. */
  readonly results?: ReadonlyMap<string, Conclusion>;
}

export interface Upstream {
  readonly pipeline: string;
  /** `undefined` when it has only been requested. */
  readonly conclusion: Conclusion | undefined;
  /** The event that started it, as the platform spells it. */
  readonly event: string;
  readonly branch?: string;
  readonly outsider?: boolean;
}

/**
 * Whether something runs.
 *
 * `yes` and `no` are certain. `possible` is a yes that assumes favourable values of things which do not depend on how
 * other work ended (variables, repository, inputs). `unknown` depends on values made by other work, which may be a guard.
 */
export type Activation = "yes" | "possible" | "unknown" | "no";

// ---------------------------------------------------------------------------------------------------------------------
// Jobs

export interface JobFacts {
  /** Unique: `<pipeline>#<job>/<job of the called pipeline>…`. */
  readonly id: string;
  /** The pipeline whose run this is. */
  readonly pipeline: string;
  /** Job ids from the run's own job inwards. */
  readonly path: readonly string[];
  /** Where the job is written: a called pipeline's file differs from `pipeline`. */
  readonly file: string;
  /** Key of the job in that file. */
  readonly key: string;
  /** As people see it, expressions left in. */
  readonly label: string;
  readonly at: Place;
  readonly keyAt: Place;
  /** `approval` asks people, `source` fetches what the run works on. A stage is a `call` of its actions. */
  readonly kind: "work" | "call" | "remote-call" | "approval" | "source";
  /** For `remote-call`: what is called. */
  readonly target: string | undefined;
  /** For calls: what is handed over, by name. */
  readonly given: ReadonlyMap<string, { readonly value: Key; readonly at: Place }>;
  /** The calling job this one is inside of. */
  readonly caller: string | undefined;
  /** Direct predecessors by id (in the same file); a called pipeline's jobs also have the predecessors of their caller. */
  readonly needs: readonly string[];
  readonly condition: ConditionFacts | undefined;
  readonly steps: readonly StepFacts[];
  readonly environment: { readonly name: Key; readonly at: Place } | undefined;
  /** Locks of the job itself. */
  readonly locks: readonly Lock[];
  readonly matrix: MatrixFacts | undefined;
  /** The run goes on, and stays green, when this job fails. */
  readonly failureIgnored: { readonly value: Truth; readonly at: Place } | undefined;
  readonly rights: Rights;
  runs(under: Circumstances): Activation;
}

export interface ConditionFacts {
  readonly text: string;
  readonly at: Place;
  /** Whether the implicit "everything before succeeded" is switched off. */
  readonly overridesSuccess: boolean;
  /** The tests on the ref that started the run, e.g. `github.ref == 'refs/heads/main'`. */
  readonly refTests: readonly RefTest[];
  /** Plain paths that occur, in lower case: `github.event.workflow_run.conclusion`. */
  readonly reads: readonly string[];
  /** Where the whole value can be replaced, and whether it stands in the platform's delimiters. */
  readonly expressionAt: Place;
}

export interface RefTest {
  readonly text: string;
  /** The name compared with, without `refs/heads/`; undefined where it is computed. */
  readonly name: string | undefined;
  readonly at: Place;
  /** Value of the whole condition when this test holds and when it does not, everything else favourable. */
  decides(under: Circumstances): boolean;
  /** What the test yields when the ref is this branch. */
  holdsFor(branch: string): Truth;
}

export interface MatrixFacts {
  /** `undefined`: decided at run time. */
  readonly legs: readonly ReadonlyMap<string, string>[] | undefined;
  readonly axes: readonly string[];
  readonly oneAtATime: boolean;
  readonly at: Place;
}

export interface Rights {
  /** Names of secrets that the job can read; `all` where they are inherited without a list. */
  readonly secrets: readonly string[];
  /** May change something in the repository: `unknown` where the default of the repository's settings applies. */
  readonly writes: Truth;
  readonly permissionsAt: Place | undefined;
}

export interface StepFacts {
  /** By which other steps name it, in lower case. */
  readonly id: string | undefined;
  /** Position in the job, from 0; steps of a local action come after one another with the same index. */
  readonly index: number;
  readonly at: Place;
  readonly label: string;
  readonly condition: ConditionFacts | undefined;
  readonly kind: "command" | "action" | "broken";
  /** Action by name in lower case, without version. */
  readonly action: string | undefined;
  /** Whether it is an action after which commands can act on a cloud or a service. */
  readonly signsIn: boolean;
  /** Version of the action as a number, from its ref or the comment beside it. */
  readonly actionVersion: number | undefined;
  /** Where its commands work, relative to the checkout; resolved. */
  readonly folder: Key | undefined;
  /** Raw text of the commands, for recognising guards; never run. */
  readonly text: string;
  /** The same of the repository's own scripts and tasks that they call. */
  readonly opened: string;
  /** What its shell makes of a command that fails before the last one. */
  readonly shell: ShellFacts;
  readonly accesses: readonly Access[];
  readonly failureIgnored: boolean;
  /** Activation of the step, given that its job runs and earlier steps succeed. */
  runs(under: Circumstances): Activation;
  /** A key as it is in this job: inputs, environment and known contexts filled in. */
  resolve(key: Key, under?: Circumstances): Key;
  /** The value of a parameter of the action, as a key, and where it is written. */
  parameter(name: string): { readonly value: Key; readonly at: Place } | undefined;
  /** Where a new parameter can be written. */
  readonly edit: StepEdit | undefined;
}

/** What makes a shell end badly besides its last command. Where that is not known, anything is supposed to. */
export interface ShellFacts {
  /** The first command that fails (`-e`). */
  readonly stopsAtErrors: boolean;
  /** Any part of a pipe, not its last alone (`pipefail`). */
  readonly failsInPipes: boolean;
}

/** Where an action step can get another parameter. */
export interface StepEdit {
  /** Offset at which to insert a line (the end of the line before), and the indentation of parameters. */
  readonly file: string;
  readonly insertAt: number;
  readonly indent: string;
  readonly hasParameters: boolean;
  readonly newline: string;
}

/** Mutual exclusion by name. */
export interface Lock {
  /** Resolved as far as possible without an event. */
  readonly group: Key;
  readonly at: Place;
  readonly scope: "run" | "job";
  /** Under these circumstances: the group as far as it is known. Compared regardless of case. */
  groupUnder(under: Circumstances): Key;
  cancels(under: Circumstances): Truth;
  /** How many may wait; one more drops the oldest. */
  readonly queue: number;
  /** Expression texts in the group as written, in lower case. */
  readonly reads: readonly string[];
  /** File in which it is written. */
  readonly file: string;
}

/** A password or token in plain text. The text itself is not kept. */
export interface LiteralSecret {
  /** Name it is written under. */
  readonly name: string;
  readonly at: Place;
  /** Offsets of the value, which reports must not repeat. */
  readonly valueAt: Place;
  readonly where: string;
  readonly certain: boolean;
}

// ---------------------------------------------------------------------------------------------------------------------

export interface Facts {
  readonly pipelines: readonly Pipeline[];
  /** `undefined` where no clone tells. */
  readonly defaultBranch: string | undefined;
  /** Files of pipelines on the default branch, where the caller has looked. */
  readonly onDefaultBranch: ReadonlySet<string> | undefined;
  /** `owner/name`, where a clone tells it. */
  readonly repository: string | undefined;
  /** Files that could not be understood: names defined there are unknown. */
  readonly unreadable: readonly string[];
  /** Passwords and tokens that stand in the files. */
  readonly secrets: readonly LiteralSecret[];
  /** Folders that what stands in this folder is made of, besides itself. */
  bundledWith?(folder: string): readonly string[];
  pipeline(id: string): Pipeline | undefined;
  job(id: string): JobFacts | undefined;
}
