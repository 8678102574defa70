/**
 * What exists while a scenario is carried out: runs with their jobs, waiting deliveries, concurrency groups, the trace.
 *
 *     root event ─┐                       ┌─> job (blocked ─> ready ─> legs ─> ended) ...
 *     completion ─┼─ delivery ─> run ─────┤
 *     dispatch ───┘   (waits for its group)└─> the run ends ─> completion
 */

import type { Conclusion } from "../../../facts/facts.ts";
import type { RootEvent, Scenario, TraceEntry, TraceRun } from "../../../facts/scenario.ts";
import type { Job, MatrixLeg, Workflow } from "../workflow.ts";

/** What `needs.x.result` can be. */
export type Result = "success" | "failure" | "cancelled" | "skipped";

/** What made a run, as its contexts show it. */
export interface Origin {
  /** `github.event_name`. */
  readonly event: string;
  /** Activity type, `github.event.action`. */
  readonly action: string | undefined;
  /** `refs/heads/main`, `refs/tags/v1`, `refs/pull/1/merge`. */
  readonly ref: string;
  readonly sha: string;
  /** Branches of a pull request. */
  readonly head: string | undefined;
  readonly base: string | undefined;
  /** The commit at the tip of a pull request's branch. */
  readonly headSha: string | undefined;
  /** The change comes from another repository: no secrets, a token that only reads. */
  readonly outsider: boolean;
  readonly merged: boolean;
  /** Tag of a release. */
  readonly tag: string | undefined;
  /** Inputs of a dispatch, or of a call that is not in the files. */
  readonly inputs: Readonly<Record<string, string>>;
  /** For `workflow_run`: the run it is about. */
  readonly upstream: SimRun | undefined;
}

/** The jobs of one workflow file inside one run: those of the run itself, or of a workflow it calls. */
export interface Scope {
  readonly workflow: Workflow;
  readonly run: SimRun;
  /** The leg of the calling job; undefined for the run's own file. */
  readonly caller: SimLeg | undefined;
  readonly jobs: ReadonlyMap<string, SimJob>;
}

export interface SimJob {
  readonly job: Job;
  readonly scope: Scope;
  /** Job ids from the run's own job inwards. */
  readonly path: readonly string[];
  readonly legs: SimLeg[];
  /** Everything before it has ended and its condition holds: its legs exist. */
  active: boolean;
  /** Undefined until it has ended. */
  result: Result | undefined;
  /** It failed, and `continue-on-error` lets the run go on as if it had not. */
  forgiven: boolean;
}

/** `outcome` before and `conclusion` after `continue-on-error`. */
export interface StepEnd {
  readonly outcome: Result;
  readonly conclusion: Result;
}

export interface SimLeg {
  readonly job: SimJob;
  readonly index: number;
  readonly matrix: MatrixLeg | undefined;
  /** `ready`: may start. `queued`: waits for its group. */
  state: "ready" | "queued" | "running" | "ended";
  /** The step that is next. */
  step: number;
  /** How the steps with an id have ended so far, by id in lower case. */
  readonly steps: Map<string, StepEnd>;
  /** A step has failed for good. */
  failed: boolean;
  result: Result | undefined;
  /** Jobs of the called workflow. */
  called: Scope | undefined;
  /** Groups it waits for or holds. */
  groups: string[];
}

export interface SimRun {
  readonly info: TraceRun;
  readonly origin: Origin;
  readonly workflow: Workflow;
  /** Set once, when the run is made. */
  scope: Scope;
  state: "queued" | "running" | "ended";
  cancelled: boolean;
  conclusion: Conclusion | undefined;
  group: string | undefined;
}

/** Something that will arrive; nothing says when. */
export type Delivery =
  | { readonly kind: "root"; readonly event: RootEvent }
  | { readonly kind: "workflow-run"; readonly run: SimRun; readonly action: "requested" | "in_progress" | "completed" }
  | {
      readonly kind: "made";
      readonly run: SimRun;
      /** An event that a step made with a token that starts runs. */
      readonly event: RootEvent;
    };

export type Holder = { readonly kind: "run"; readonly run: SimRun } | { readonly kind: "leg"; readonly leg: SimLeg };

/** A concurrency group: one in progress, and those that wait in the order they came. */
export interface Group {
  readonly name: string;
  holder: Holder | undefined;
  readonly waiting: Holder[];
}

export interface World {
  readonly scenario: Scenario;
  readonly runs: SimRun[];
  readonly deliveries: Delivery[];
  readonly groups: Map<string, Group>;
  readonly entries: TraceEntry[];
  /** Commit that each branch or tag points to. */
  readonly refs: Map<string, string>;
}

type Unplaced<T> = T extends unknown ? Omit<T, "at"> : never;

/** Appends to the trace. */
export function record(world: World, entry: Unplaced<TraceEntry>): void {
  world.entries.push({ ...entry, at: world.entries.length } as TraceEntry);
}
