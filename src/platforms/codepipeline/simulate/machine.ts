/**
 * What exists while pipelines are carried out.
 *
 *     event ──▶ start ──▶ waits at a stage ──▶ run order 1 ──▶ run order 2 … ──▶ passed: waits at the next stage
 *                            │   one run inside at a time          │
 *                            ▼   (PARALLEL: any number)            ▼
 *                        superseded (SUPERSEDED only)           failed ──▶ RETRY in place, or ROLLBACK: a run of its own
 *                                                                          puts the last good one back
 *
 * From the user guide, "How pipeline executions work": a stage takes one run at a time and holds the others in front of
 * it; a failure releases the stage; in SUPERSEDED mode a newer run takes the place of one that waits, in QUEUED mode they
 * go on in the order in which they came, at each stage; in PARALLEL mode nobody waits and nothing is rolled back.
 */

import type { Key } from "../../../facts/access.ts";
import type { RootEvent } from "../../../simulation/scenario.ts";
import type { SimulatedAction, SimulatedPipeline, SimulatedStage } from "./simulated-pipeline.ts";
import type { Run, RunStatus, TraceEvent, World } from "./world.ts";

export interface CodePipelineWorld {
  readonly pipelines: ReadonlyMap<string, SimulatedPipeline>;
  readonly world: Omit<World, "choose">;
  readonly events: TraceEvent[];
  readonly runs: RunState[];
  /** Events that have not come yet. */
  readonly roots: RootEvent[];
  /** Runs about to be made. */
  readonly pending: Start[];
  /** By pipeline, in the order of its stages. */
  readonly stages: ReadonlyMap<string, readonly StageState[]>;
  /** The newest commit of each branch, and of all of them under the empty name. */
  readonly tips: Map<string, string>;
}

export interface StageState {
  /** In the order in which they go in. */
  readonly waiting: RunState[];
  /** Runs that have passed it, rollbacks aside. */
  readonly passed: RunState[];
  /** The last one that went in. */
  entered: RunState | undefined;
}

export interface RunState extends Omit<Run, "status"> {
  status: RunStatus;
  /** Position of the stage where it is or waits. */
  stage: number;
  /** Undefined while it waits. */
  inside: Inside | undefined;
  /** What was done of the stage that failed, for somebody who has it done again. */
  failed: Inside | undefined;
  isStopping: boolean;
  /** Automatic ones, of the stage where it is. */
  retries: number;
  /** Artifacts by name, with the run that made them. */
  readonly artifacts: Map<string, number>;
  /** It has made artifacts whose names are not known. */
  hasUnnamed: boolean;
  /** `Namespace.Name`. */
  readonly variables: Map<string, string>;
}

export interface Inside {
  runOrder: number;
  readonly started: Set<SimulatedAction>;
  readonly ended: Map<SimulatedAction, "passed" | "failed" | "abandoned">;
  /** Actions that do not find what they need. */
  readonly doomed: Set<SimulatedAction>;
  /** Every action has passed, and the condition of the stage is open. */
  isLeaving: boolean;
}

export interface Start {
  readonly pipeline: SimulatedPipeline;
  readonly cause: Run["cause"];
  readonly root: string;
  readonly trigger: Run["trigger"];
  readonly isPolled: boolean;
  readonly commit: string | undefined;
  readonly ref: string | undefined;
  readonly inputs: Readonly<Record<string, string>>;
}

export function createMachine(
  pipelines: readonly SimulatedPipeline[],
  world: Omit<World, "choose">,
): CodePipelineWorld {
  return {
    pipelines: new Map(pipelines.map((pipeline) => [pipeline.id, pipeline])),
    world,
    events: [],
    runs: [],
    roots: [...world.events],
    pending: [],
    stages: new Map(
      pipelines.map(({ id, stages }) => [id, stages.map(() => ({ waiting: [], passed: [], entered: undefined }))]),
    ),
    tips: new Map(),
  };
}

export function pipelineOf({ pipelines }: CodePipelineWorld, { pipeline }: RunState): SimulatedPipeline {
  return pipelines.get(pipeline)!;
}

export function stageOf(machine: CodePipelineWorld, run: RunState): SimulatedStage {
  return pipelineOf(machine, run).stages[run.stage]!;
}

export function stageStateOf({ stages }: CodePipelineWorld, run: RunState): StageState {
  return stages.get(run.pipeline)![run.stage]!;
}

/** Actions of the run order that is under way. */
export function dueActions(machine: CodePipelineWorld, run: RunState): readonly SimulatedAction[] {
  const { inside } = run;
  if (!inside || inside.isLeaving) return [];
  return stageOf(machine, run).actions.filter(({ runOrder }) => runOrder === inside.runOrder);
}

/** The run whose artifacts and variables count. */
export function releaseOf({ runs }: CodePipelineWorld, run: RunState): RunState {
  return runs[run.release]!;
}

/** Whether a waiting run may go into its stage: that is free, and nobody is before it. */
export function mayEnter(machine: CodePipelineWorld, run: RunState): boolean {
  const { pipeline, stage } = run;
  if (machine.pipelines.get(pipeline)!.executionMode === "PARALLEL") return true;
  if (stageStateOf(machine, run).waiting[0] !== run) return false;
  return !machine.runs.some((other) => other.pipeline === pipeline && other.stage === stage && other.inside);
}

/** Undefined where a piece of it is not known in this world. */
export function knownValue({ world }: CodePipelineWorld, key: Key): string | undefined {
  const parts = key.map((part) =>
    part.kind === "text" ? part.text : part.kind === "expression" ? world.known?.(part.text) : undefined,
  );
  return parts.every((part) => part !== undefined) ? parts.join("") : undefined;
}
