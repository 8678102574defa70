/** A run on its way through the stages: in front of one, in it, out of it. */

import { conditionFails } from "./conditions.ts";
import {
  type CodePipelineWorld,
  type Inside,
  mayEnter,
  pipelineOf,
  type RunState,
  stageOf,
  stageStateOf,
} from "./machine.ts";
import { addRun, announce, finish, tellStage } from "./runs.ts";
import type { SimulatedStage } from "./simulated-pipeline.ts";

/** Automatic retries of a stage. */
const mostRetries = 1;

/** In SUPERSEDED mode the newer run takes the place of those that wait. */
export function arrive(machine: CodePipelineWorld, run: RunState, stage: number): void {
  run.stage = stage;
  run.retries = 0;
  const { waiting } = stageStateOf(machine, run);
  const { executionMode, stages } = pipelineOf(machine, run);
  if (executionMode === "SUPERSEDED") {
    for (const older of waiting.filter(({ kind, failed }) => kind === "standard" && !failed)) {
      waiting.splice(waiting.indexOf(older), 1);
      machine.events.push({ what: "superseded", run: older.id, stage: stages[stage]!.name });
      finish(machine, older, "superseded");
    }
  }
  wait(machine, run, "last");
}

/** Rollbacks and resumed runs go in next: whether anybody could be before them is not documented. */
export function wait(machine: CodePipelineWorld, run: RunState, place: "first" | "last"): void {
  const { waiting } = stageStateOf(machine, run);
  if (place === "last") waiting.push(run);
  else waiting.unshift(run);
  if (!mayEnter(machine, run)) tellStage(machine, run, "waits");
}

/**
 * Goes in, or past it, as the condition says. What becomes of the stage's own `onFailure` when a run does not get in is
 * not documented; nothing has been deployed, so nothing is rolled back here.
 */
export function enter(machine: CodePipelineWorld, run: RunState): void {
  const state = stageStateOf(machine, run);
  const stage = stageOf(machine, run);
  state.waiting.splice(state.waiting.indexOf(run), 1);
  const condition = stage.beforeEntry;
  const isRefused = !run.failed && condition && conditionFails(machine, run, { condition, when: "beforeEntry" });
  if (isRefused && condition.result === "SKIP") {
    // Told as SKIPPED, after the name of the stage's status; certainly not as SUCCEEDED.
    tellStage(machine, run, "stage-skipped");
    announce(machine, run, { level: "stage", stage: stage.name, state: "SKIPPED" });
    goOn(machine, run);
    return;
  }
  state.entered = run;
  if (isRefused) {
    failStage(machine, run);
    finish(machine, run, "failed");
    return;
  }
  run.inside = opened(stage, run.failed);
  run.failed = undefined;
  tellStage(machine, run, "stage-entered");
  announce(machine, run, { level: "stage", stage: stage.name, state: "STARTED" });
  if (stage.actions.length === 0) allPassed(machine, run);
}

/** With what has passed before, where only the failed actions are done again. */
function opened({ actions }: SimulatedStage, before?: Inside): Inside {
  const passed = [...(before?.ended ?? [])].filter(([, how]) => how === "passed");
  const ended = new Map(passed);
  const open = actions.filter((action) => !ended.has(action));
  return {
    runOrder: Math.min(...open.map(({ runOrder }) => runOrder)),
    started: new Set(ended.keys()),
    ended,
    doomed: new Set(),
    isLeaving: false,
  };
}

export function allPassed(machine: CodePipelineWorld, run: RunState): void {
  if (stageOf(machine, run).onSuccess) run.inside!.isLeaving = true;
  else passed(machine, run);
}

/** The condition for success is looked at while the run still holds its stage. */
export function leave(machine: CodePipelineWorld, run: RunState): void {
  const condition = stageOf(machine, run).onSuccess!;
  if (!conditionFails(machine, run, { condition, when: "onSuccess" })) {
    passed(machine, run);
    return;
  }
  failStage(machine, run);
  finish(machine, run, "failed");
  if (condition.result === "ROLLBACK") rollBack(machine, run);
}

function passed(machine: CodePipelineWorld, run: RunState): void {
  const { name } = stageOf(machine, run);
  run.inside = undefined;
  if (run.kind === "standard") stageStateOf(machine, run).passed.push(run);
  tellStage(machine, run, "stage-passed");
  announce(machine, run, { level: "stage", stage: name, state: "SUCCEEDED" });
  goOn(machine, run);
}

/** A rollback is over after its stage. */
function goOn(machine: CodePipelineWorld, run: RunState): void {
  const isLast = run.stage === pipelineOf(machine, run).stages.length - 1;
  if (run.kind === "rollback" || isLast) finish(machine, run, "succeeded");
  else arrive(machine, run, run.stage + 1);
}

export function failed(machine: CodePipelineWorld, run: RunState): void {
  const { onFailure } = stageOf(machine, run);
  const inside = run.inside!;
  failStage(machine, run);
  const condition = onFailure?.condition;
  const comesAbout = onFailure && (!condition || conditionFails(machine, run, { condition, when: "onFailure" }));
  if (comesAbout && onFailure.result === "RETRY" && run.retries < mostRetries) {
    run.retries++;
    const stage = stageOf(machine, run);
    run.inside = opened(stage, onFailure.retry === "FAILED_ACTIONS" ? inside : undefined);
    announce(machine, run, { level: "stage", stage: stage.name, state: "RESUMED" });
    return;
  }
  if (run.kind === "standard") run.failed = inside;
  finish(machine, run, "failed");
  if (comesAbout && onFailure.result === "ROLLBACK") rollBack(machine, run);
}

function failStage(machine: CodePipelineWorld, run: RunState): void {
  run.inside = undefined;
  tellStage(machine, run, "stage-failed");
  announce(machine, run, { level: "stage", stage: stageOf(machine, run).name, state: "FAILED" });
}

/**
 * "Configuring stage rollback": to the last run that passed the stage, with its artifacts and variables; never in the
 * source stage, nor to a rollback, and a rollback that fails is not rolled back again.
 */
function rollBack(machine: CodePipelineWorld, run: RunState): void {
  const { actions } = stageOf(machine, run);
  const good = stageStateOf(machine, run).passed.at(-1);
  if (run.kind === "rollback" || !good || actions.some(({ source }) => source)) return;
  if (pipelineOf(machine, run).executionMode === "PARALLEL") return;
  // The stage has moved on: the failed run cannot be resumed beside its rollback.
  run.failed = undefined;
  const cause = { kind: "run", run: run.id } as const;
  const { pipeline, root } = run;
  const { commit, ref, id } = good;
  const told = { pipeline, kind: "rollback", trigger: "rollback", cause, root, commit, ref, release: id } as const;
  const back = addRun(machine, told);
  for (const [name, value] of good.variables) back.variables.set(name, value);
  back.stage = run.stage;
  announce(machine, back, { level: "pipeline", state: "STARTED" });
  wait(machine, back, "first");
}

/** At the end of what ran, or at once. */
export function stopped(machine: CodePipelineWorld, run: RunState): void {
  const { waiting } = stageStateOf(machine, run);
  const place = waiting.indexOf(run);
  if (place >= 0) waiting.splice(place, 1);
  run.inside = undefined;
  finish(machine, run, "stopped");
}
