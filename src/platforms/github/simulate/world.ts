/**
 * What exists while a scenario is carried out: runs with their jobs, waiting deliveries, concurrency groups, the trace.
 *
 *     root event ─┐                       ┌─> job (blocked ─> ready ─> legs ─> ended) ...
 *     completion ─┼─ delivery ─> run ─────┤
 *     dispatch ───┘   (waits for its group)└─> the run ends ─> completion
 */

import type { Conclusion } from "../../../facts/facts.ts";
import type { RootEvent, Scenario } from "../../../simulation/scenario.ts";
import type { TraceEntry, TraceRun } from "../../../simulation/trace.ts";
import type { Value } from "../read/expressions/value.ts";
import type { Job, MatrixLeg, Workflow } from "../workflow.ts";

/** What `needs.x.result` can be. */
export type Result = "success" | "failure" | "cancelled" | "skipped";

/** Inputs of a dispatch by name in lower case; values that a person or a script chose are not always known. */
export type GivenInputs = ReadonlyMap<string, Value>;

/** What made a run, as its contexts show it. */
export interface TriggerContext {
  /** `github.event_name`. */
  readonly event: string;
  /** Activity type, `github.event.action`. */
  readonly action: string | undefined;
  /** `refs/heads/main`, `refs/tags/v1`, `refs/pull/1/merge`. */
  readonly ref: string;
  readonly sha: string;
  /** Number of a pull request. */
  readonly number: number | undefined;
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
  readonly inputs: GivenInputs;
  /** For `workflow_run`: the run it is about, as it was then. */
  readonly upstream: Completion | undefined;
}

export type CompletionAction = "requested" | "in_progress" | "completed";

export interface Completion {
  readonly run: SimRun;
  readonly action: CompletionAction;
  readonly conclusion: Conclusion | undefined;
}

/** The jobs of one workflow file inside one run: those of the run itself, or of a workflow it calls. */
export interface Scope {
  readonly workflow: Workflow;
  readonly run: SimRun;
  /** The leg of the calling job; undefined for the run's own file. */
  readonly caller: SimLeg | undefined;
  readonly jobs: ReadonlyMap<string, SimJob>;
  /** The run, or a calling job around it, is being cancelled. */
  cancelled: boolean;
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
  /** `ready`: may start. `queued`: waits for a group. `refused`: holds its groups while a person decides against it. */
  state: "ready" | "queued" | "refused" | "running" | "ended";
  /** The step that is next. */
  step: number;
  /** How the steps with an id have ended so far, by id in lower case. */
  readonly steps: Map<string, StepEnd>;
  /** A step has failed for good. */
  failed: boolean;
  /** Asked to end: only steps that want to run all the same are left. */
  cancelled: boolean;
  /** It failed, and `continue-on-error` does not count that. */
  forgiven: boolean;
  result: Result | undefined;
  /** Jobs of the called workflow. */
  called: Scope | undefined;
  /** Groups it waits for or holds, in lower case. */
  readonly groups: string[];
  /** How many of its locks (its own, that of the workflow it calls) it has asked for. */
  asked: number;
}

export interface SimRun {
  readonly info: TraceRun;
  readonly origin: TriggerContext;
  readonly workflow: Workflow;
  /** Set once, when the run is made. */
  scope: Scope;
  state: "queued" | "running" | "ended";
  cancelled: boolean;
  conclusion: Conclusion | undefined;
  group: string | undefined;
  /** From 1; a run that is started again keeps the id of its first attempt. */
  readonly attempt: number;
  readonly firstId: number;
  /** How many events made by steps lead from the root event to it. */
  readonly generation: number;
}

/** Root events that can make runs; the others do something to those there are. */
export type StartingEvent = Exclude<RootEvent, { kind: "rerun" | "cancel" | "expiry" }>;

/** A run about to be made. */
export interface RunStart {
  readonly workflow: Workflow;
  readonly origin: TriggerContext;
  readonly commit: string;
  readonly cause: TraceRun["cause"];
  readonly root: string;
  readonly depth: number;
  readonly generation: number;
  /** The earlier attempt. */
  readonly again?: SimRun;
}

/** An event that a step makes. */
export interface MadeEvent {
  readonly event: Exclude<StartingEvent, { kind: "call" | "schedule" }>;
  /** Of a dispatch. */
  readonly inputs: GivenInputs;
}

/** Something that will arrive; nothing says when. */
export type Delivery =
  | { readonly kind: "root"; readonly event: RootEvent }
  /** One of several runs that one event makes; which of them comes first is open. */
  | { readonly kind: "start"; readonly start: RunStart }
  | { readonly kind: "completion"; readonly completion: Completion; readonly listener: Workflow }
  | { readonly kind: "made"; readonly run: SimRun; readonly made: MadeEvent };

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
  /** Those in progress. */
  readonly live: SimRun[];
  readonly deliveries: Delivery[];
  readonly groups: Map<string, Group>;
  readonly entries: TraceEntry[];
  /** Commit that each branch or tag points to. */
  readonly refs: Map<string, string>;
  /** Pull requests by their branches; the first is number 1. */
  readonly pullRequests: string[];
  /** In the order they were uploaded. */
  readonly artifacts: Artifact[];
}

/** The number that stays the same when the run is started again, `github.run_id`. */
export function runNumber({ firstId }: SimRun): number {
  return 1000 + firstId;
}

/** What a run keeps for others. A name that only the run knows is undefined. */
export interface Artifact {
  readonly run: SimRun;
  readonly name: string | undefined;
}

type Unplaced<T> = T extends unknown ? Omit<T, "at"> : never;

/** Appends to the trace, which keeps the entry itself: there are many of them. */
export function record(world: World, entry: Unplaced<TraceEntry>): void {
  world.entries.push(Object.assign(entry, { at: world.entries.length }) as TraceEntry);
}
