/**
 * What CodePipeline does with runs of one pipeline, as far as order is concerned. Everything that the service leaves open
 * (which action of a run order is quicker, when the next run begins) is decided by `choose`, so that a test can try it all.
 *
 *     arrives ──▶ waits at the stage ──▶ run order 1 ──▶ run order 2 … ──▶ passed: arrives at the next stage
 *                    │   one run inside at a time            │
 *                    ▼   (PARALLEL: any number)              ▼
 *                superseded (SUPERSEDED only)             failed ──▶ ROLLBACK: a run of its own puts the last good one back
 */

export interface SimulatedPipeline {
  readonly executionMode: "QUEUED" | "SUPERSEDED" | "PARALLEL";
  readonly stages: readonly SimulatedStage[];
}

export interface SimulatedStage {
  readonly name: string;
  readonly actions: readonly { readonly name: string; readonly runOrder: number }[];
  readonly onFailure?: "ROLLBACK" | undefined;
}

export interface World {
  /** How many runs are started. */
  readonly starts: number;
  /** How an action ends; an approval that is rejected fails. */
  outcome(at: { run: number; kind: RunKind; stage: string; action: string }): "passed" | "failed";
  /** One of the numbers below `count`. */
  choose(count: number): number;
}

export type RunKind = "standard" | "rollback";

export interface TraceEvent {
  readonly run: number;
  readonly kind: RunKind;
  /** The run whose artifacts and variables are used: its own, or that which a rollback puts back. */
  readonly release: number;
  readonly stage: string;
  readonly action: string;
  readonly what: "started" | "passed" | "failed";
}

export interface Run {
  readonly id: number;
  readonly kind: RunKind;
  readonly release: number;
  status: "running" | "succeeded" | "failed" | "superseded";
}

export interface Trace {
  readonly events: readonly TraceEvent[];
  readonly runs: readonly Readonly<Run>[];
}

interface Walk extends Run {
  stage: number;
  /** Undefined while it waits at its stage. */
  inside: Inside | undefined;
}

interface Inside {
  runOrder: number;
  readonly started: Set<string>;
  readonly ended: Map<string, "passed" | "failed">;
}

export function simulate(pipeline: SimulatedPipeline, world: World): Trace {
  const { stages, executionMode } = pipeline;
  const events: TraceEvent[] = [];
  const runs: Walk[] = [];
  const waiting: Walk[][] = stages.map(() => []);
  const passed: Walk[][] = stages.map(() => []);
  for (;;) {
    const moves = possible();
    if (moves.length === 0)
      return { events, runs: runs.map(({ id, kind, release, status }) => ({ id, kind, release, status })) };
    moves[world.choose(moves.length)]!();
  }

  function possible(): (() => void)[] {
    const moves: (() => void)[] = [];
    const begun = runs.filter(({ kind }) => kind === "standard").length;
    if (begun < world.starts) moves.push(() => arrive(add("standard", runs.length), 0));
    stages.forEach((stage, index) => {
      const next = waiting[index]![0];
      const isFree = executionMode === "PARALLEL" || !runs.some((run) => run.stage === index && run.inside);
      if (next && isFree) moves.push(() => enter(next, stage));
    });
    for (const run of runs) moves.push(...movesInside(run));
    return moves;
  }

  function add(kind: RunKind, release: number): Walk {
    const run: Walk = { id: runs.length, kind, release, status: "running", stage: 0, inside: undefined };
    runs.push(run);
    return run;
  }

  function arrive(run: Walk, stage: number): void {
    run.stage = stage;
    if (executionMode === "SUPERSEDED") {
      for (const older of waiting[stage]!.splice(0)) older.status = "superseded";
    }
    waiting[stage]!.push(run);
  }

  function enter(run: Walk, stage: SimulatedStage): void {
    waiting[run.stage]!.shift();
    run.inside = { runOrder: firstOrder(stage), started: new Set(), ended: new Map() };
  }

  function movesInside(run: Walk): (() => void)[] {
    const { inside } = run;
    if (inside === undefined) return [];
    const stage = stages[run.stage]!;
    const due = stage.actions.filter(({ runOrder }) => runOrder === inside.runOrder);
    return due.flatMap(({ name }): (() => void)[] => {
      if (!inside.started.has(name)) return [() => start(run, inside, name)];
      return inside.ended.has(name) ? [] : [() => end(run, inside, name)];
    });
  }

  function start(run: Walk, inside: Inside, action: string): void {
    inside.started.add(action);
    tell(run, action, "started");
  }

  function end(run: Walk, inside: Inside, action: string): void {
    const stage = stages[run.stage]!;
    const outcome = world.outcome({ run: run.id, kind: run.kind, stage: stage.name, action });
    inside.ended.set(action, outcome);
    tell(run, action, outcome);
    const due = stage.actions.filter(({ runOrder }) => runOrder === inside.runOrder);
    // What runs beside a failed action is not stopped.
    if (due.some(({ name }) => !inside.ended.has(name))) return;
    if (due.some(({ name }) => inside.ended.get(name) === "failed")) fail(run, stage);
    else {
      const next = stage.actions.map(({ runOrder }) => runOrder).filter((order) => order > inside.runOrder);
      if (next.length > 0) inside.runOrder = Math.min(...next);
      else pass(run);
    }
  }

  function pass(run: Walk): void {
    run.inside = undefined;
    passed[run.stage]!.push(run);
    if (run.kind === "rollback" || run.stage === stages.length - 1) run.status = "succeeded";
    else arrive(run, run.stage + 1);
  }

  function fail(run: Walk, { onFailure }: SimulatedStage): void {
    run.inside = undefined;
    run.status = "failed";
    const good = passed[run.stage]!.findLast(({ kind }) => kind === "standard");
    if (onFailure !== "ROLLBACK" || run.kind === "rollback" || good === undefined) return;
    const rollback = add("rollback", good.id);
    rollback.stage = run.stage;
    waiting[run.stage]!.unshift(rollback);
  }

  function tell({ id, kind, release, stage }: Walk, action: string, what: TraceEvent["what"]): void {
    events.push({ run: id, kind, release, stage: stages[stage]!.name, action, what });
  }
}

const firstOrder = ({ actions }: SimulatedStage) => Math.min(...actions.map(({ runOrder }) => runOrder));
