import type { RunId, SkipReason } from "./events.ts";
import type { PlanOrder } from "./plan-order.ts";
import type { EnvironmentState, GroupState, State } from "./state.ts";

/**
 * Raised by every change of what a state holds or of how it is folded: a checkpoint of another shape is not read, and the
 * whole journal is folded instead.
 */
export const checkpointShape = 8;

/**
 * A state as plain data without circles: what changes, and not the deliveries and plans of its runs, which stand in their
 * `run.created` events. Derived from the journal and never the truth: whoever cannot use it folds all events.
 */
export interface Checkpoint {
  shape: number;
  facts: Omit<State, "environments" | "groups" | "attempts" | "runs">;
  environments: EnvironmentState[];
  groups: [string, Pick<GroupState, "limits"> & { inside: JobRef[]; queue: SavedQueue }][];
  attempts: JobRef[];
  runs: SavedRun[];
}

/** A job by its run and its number there. */
export type JobRef = readonly [run: RunId, number: number];

export interface SavedQueue {
  returning: JobRef[];
  fresh: JobRef[];
}

/** Of the objects only what does not follow from the run's creation. */
export interface SavedRun {
  id: RunId;
  facts: object;
  jobs: object[];
  environments: { facts: object; approval: object; waiting: SavedQueue; atLock: SavedQueue }[];
  matrices: { facts: object; queue: SavedQueue }[];
  ready: SavedQueue;
  toSkip: [number: number, SkipReason][];
  order: Pick<PlanOrder, "pending" | "flags" | "culprit">;
}
