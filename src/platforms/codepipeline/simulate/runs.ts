/** Runs are made, end, and are told of. */

import type { CodePipelineWorld, RunState, Start } from "./machine.ts";
import { stageOf } from "./machine.ts";
import type { SimulatedAction } from "./simulated-pipeline.ts";
import type { RunStatus, TraceEvent } from "./world.ts";

export function addRun(
  { runs, events }: CodePipelineWorld,
  told: Pick<RunState, "pipeline" | "kind" | "cause" | "root" | "trigger" | "commit" | "ref"> & { release?: number },
): RunState {
  const run: RunState = {
    release: runs.length,
    ...told,
    id: runs.length,
    status: "running",
    stage: 0,
    inside: undefined,
    failed: undefined,
    isStopping: false,
    retries: 0,
    artifacts: new Map(),
    hasUnnamed: false,
    variables: new Map(),
  };
  runs.push(run);
  events.push({ what: "run-started", run: run.id });
  return run;
}

export interface Told {
  readonly level: "pipeline" | "stage" | "action";
  readonly stage?: string;
  readonly action?: string;
  readonly state: string;
}

/** What EventBridge is told starts pipelines whose rules listen to it, when it comes. Runs that roll back tell it, too. */
export function announce(machine: CodePipelineWorld, run: RunState, { level, stage, action, state }: Told): void {
  const lets = (list: readonly string[] | undefined, value: string | undefined) =>
    list === undefined || (value !== undefined && list.includes(value));
  for (const pipeline of machine.pipelines.values()) {
    const isMeant = pipeline.starts.some(
      (start) =>
        start.kind === "state" &&
        start.level === level &&
        lets(start.pipelines, run.pipeline) &&
        lets(start.states, state) &&
        (level === "pipeline" || lets(start.stages, stage)) &&
        (level !== "action" || lets(start.actions, action)),
    );
    if (isMeant) startBy(machine, run, { pipeline, trigger: "state" });
  }
}

/** A run that another one sets off takes the newest commit, not that of the other. */
export function startBy(
  { pending }: CodePipelineWorld,
  { id, root }: RunState,
  { pipeline, trigger }: Pick<Start, "pipeline" | "trigger">,
): void {
  const cause = { kind: "run", run: id } as const;
  pending.push({ pipeline, cause, root, trigger, isPolled: false, commit: undefined, ref: undefined, inputs: {} });
}

export function finish(machine: CodePipelineWorld, run: RunState, status: Exclude<RunStatus, "running">): void {
  run.status = status;
  machine.events.push({ what: "run-ended", run: run.id, status });
  announce(machine, run, { level: "pipeline", state: status.toUpperCase() });
}

type StageNews = Extract<TraceEvent, { stage: string }>["what"];

export function tellStage(
  machine: CodePipelineWorld,
  run: RunState,
  what: Extract<StageNews, `stage-${string}` | "waits" | "superseded">,
): void {
  machine.events.push({ what, run: run.id, stage: stageOf(machine, run).name });
}

export function tellAction(
  machine: CodePipelineWorld,
  run: RunState,
  { action, how }: { readonly action: SimulatedAction; readonly how: "started" | "passed" | "failed" | "abandoned" },
): void {
  const stage = stageOf(machine, run).name;
  machine.events.push({ what: `action-${how}`, run: run.id, stage, action: action.name });
}

export function announceAction(
  machine: CodePipelineWorld,
  run: RunState,
  { name }: SimulatedAction,
  state: string,
): void {
  announce(machine, run, { level: "action", stage: stageOf(machine, run).name, action: name, state });
}
