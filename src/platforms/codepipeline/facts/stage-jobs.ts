/** Stages and actions as jobs: a stage needs the one before it, an action those of the run order before its own. */

import type { Circumstances, Conclusion, JobFacts, StepFacts } from "../../../facts/facts.ts";
import { type ActionFacts, comesBefore } from "../../../facts/stages.ts";
import type { Place } from "../../../findings/source.ts";
import type { CodePipeline } from "../pipeline.ts";

export interface JobPlace {
  readonly id: string;
  readonly pipeline: CodePipeline;
  /** Labels of the stage and, in it, of the action. */
  readonly path: readonly string[];
  readonly at: Place;
  readonly keyAt: Place;
  readonly kind: JobFacts["kind"];
  readonly caller?: string;
  readonly needs?: readonly string[];
  readonly steps?: readonly StepFacts[];
}

/** What every job has. */
export function plainJob({ id, pipeline, path, at, keyAt, kind, caller, needs = [], steps = [] }: JobPlace): JobFacts {
  const label = path.at(-1)!;
  return {
    id,
    pipeline: pipeline.id,
    path,
    file: pipeline.source.path,
    key: label,
    label,
    at,
    keyAt,
    kind,
    target: undefined,
    given: new Map(),
    caller,
    needs,
    condition: undefined,
    steps,
    environment: undefined,
    locks: [],
    matrix: undefined,
    failureIgnored: undefined,
    rights: { secrets: [], writes: "unknown", permissionsAt: undefined },
    runs: (under) => (isStarted(under) ? "yes" : "no"),
  };
}

/** What becomes of the run before starts it, or does not. */
function isStarted({ start: { cause }, upstream }: Circumstances): boolean {
  if (cause.kind !== "completion" || !cause.states || cause.states === "any" || !upstream?.conclusion) return true;
  return cause.states.includes(stateOf[upstream.conclusion]);
}

const stateOf: Readonly<Record<Conclusion, string>> = {
  success: "SUCCEEDED",
  failure: "FAILED",
  timed_out: "FAILED",
  // A run is never skipped.
  skipped: "",
  cancelled: "STOPPED",
};

/** Actions of all stages with those that they wait for. One whose run order nobody knows waits for none of its stage. */
export function withNeeds(stages: readonly (readonly ActionFacts[])[]): ActionFacts[][] {
  const all: ActionFacts[] = [];
  const waiting = stages.map((actions) => {
    const orders = [...new Set(actions.flatMap(({ runOrder }) => runOrder ?? []))].sort((a, b) => a - b);
    return actions.map((action): ActionFacts => {
      const before = action.runOrder === undefined ? undefined : orders[orders.indexOf(action.runOrder) - 1];
      const needs = actions.filter(({ runOrder }) => before !== undefined && runOrder === before).map(({ id }) => id);
      return { ...action, needs, runs: (under) => (isStarted(under) && !isStopped(action, all, under) ? "yes" : "no") };
    });
  });
  all.push(...waiting.flat());
  return waiting;
}

/** One that comes before it did not succeed: the run has ended there. */
function isStopped(action: ActionFacts, all: readonly ActionFacts[], { results }: Circumstances): boolean {
  if (!results || results.size === 0) return false;
  return all.some((other) => (results.get(other.id) ?? "success") !== "success" && comesBefore(other, action));
}

/** What every step has: none of them is ever left out, and nothing is filled in when it runs. */
export function plainStep(
  own: Pick<StepFacts, "index" | "at" | "label" | "kind" | "text" | "shell" | "accesses"> & Partial<StepFacts>,
): StepFacts {
  return {
    id: undefined,
    condition: undefined,
    action: undefined,
    signsIn: false,
    actionVersion: undefined,
    folder: undefined,
    opened: "",
    failureIgnored: false,
    runs: () => "yes",
    resolve: (key) => key,
    parameter: () => undefined,
    edit: undefined,
    ...own,
  };
}
