/** What may happen next, and letting it happen. Whatever nothing orders may be delayed for as long as anybody likes. */

import type { RootEvent } from "../../../simulation/scenario.ts";
import { beginAction, endAction } from "./actions.ts";
import { abandon } from "./interruptions.ts";
import { type CodePipelineWorld, dueActions, mayEnter, type RunState, type Start, stageOf } from "./machine.ts";
import type { SimulatedAction } from "./simulated-pipeline.ts";
import { enter, leave } from "./stages.ts";
import { begin, canCome, come } from "./starts.ts";

export type Move =
  | { readonly kind: "event"; readonly event: RootEvent }
  | { readonly kind: "start"; readonly start: Start }
  | { readonly kind: "enter" | "leave" | "abandon"; readonly run: RunState }
  | { readonly kind: "begin" | "end"; readonly run: RunState; readonly action: SimulatedAction };

/** Events from outside come in their order. One that cannot come yet comes when nothing else can happen. */
export function* possibleMoves(machine: CodePipelineWorld): Generator<Move> {
  let isOver = true;
  for (const start of machine.pending) {
    isOver = false;
    yield { kind: "start", start };
  }
  const [event] = machine.roots;
  if (event && canCome(machine, event)) {
    isOver = false;
    yield { kind: "event", event };
  }
  for (const run of machine.runs) {
    if (run.status !== "running") continue;
    for (const move of movesOf(machine, run)) {
      isOver = false;
      yield move;
    }
  }
  if (isOver && event) yield { kind: "event", event };
}

export function movesOf(machine: CodePipelineWorld, run: RunState): Move[] {
  const { inside } = run;
  if (!inside) return mayEnter(machine, run) ? [{ kind: "enter", run }] : [];
  if (inside.isLeaving) return [{ kind: "leave", run }];
  const moves = dueActions(machine, run).flatMap((action): Move[] => {
    if (inside.ended.has(action)) return [];
    if (inside.started.has(action)) return [{ kind: "end", run, action }];
    return run.isStopping ? [] : [{ kind: "begin", run, action }];
  });
  return run.isStopping ? [...moves, { kind: "abandon", run }] : moves;
}

export function perform(machine: CodePipelineWorld, move: Move): void {
  switch (move.kind) {
    case "event":
      come(machine, move.event);
      return;
    case "start":
      begin(machine, move.start);
      return;
    case "enter":
      enter(machine, move.run);
      return;
    case "begin":
      beginAction(machine, move.run, move.action);
      return;
    case "end":
      endAction(machine, move.run, move.action);
      return;
    case "leave":
      leave(machine, move.run);
      return;
    case "abandon":
      abandon(machine, move.run);
      return;
    default:
      move satisfies never;
  }
}

/** A stable name for schedulers. */
export function nameOfMove(machine: CodePipelineWorld, move: Move): string {
  switch (move.kind) {
    case "event":
      return `event ${move.event.id}`;
    case "start": {
      const { pipeline, cause, trigger } = move.start;
      return `start ${pipeline.id} (${trigger}, ${cause.kind === "event" ? cause.event : `run ${cause.run}`})`;
    }
    case "enter":
    case "leave":
    case "abandon":
      return `${move.kind} ${nameOfRun(machine, move.run)}`;
    case "begin":
    case "end":
      return `${move.kind} ${nameOfRun(machine, move.run)}/${move.action.name}`;
    default:
      return move satisfies never;
  }
}

function nameOfRun(machine: CodePipelineWorld, run: RunState): string {
  return `${run.id}:${run.pipeline}/${stageOf(machine, run).name}`;
}
