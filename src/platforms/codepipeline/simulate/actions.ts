/** What an action finds and takes when it begins, what it leaves when it ends, and what comes after it. */

import {
  type CodePipelineWorld,
  dueActions,
  knownValue,
  pipelineOf,
  type RunState,
  releaseOf,
  stageOf,
} from "./machine.ts";
import { announceAction, startBy, tellAction } from "./runs.ts";
import type { SimulatedAction } from "./simulated-pipeline.ts";
import { allPassed, failed, stopped } from "./stages.ts";
import type { ActionPlace } from "./world.ts";

export function beginAction(machine: CodePipelineWorld, run: RunState, action: SimulatedAction): void {
  const { inside } = run;
  inside!.started.add(action);
  tellAction(machine, run, { action, how: "started" });
  announceAction(machine, run, action, "STARTED");
  const place = { run: run.id, stage: stageOf(machine, run).name, action: action.name };
  if (action.source) {
    const branch = action.source.branch && knownValue(machine, action.source.branch);
    const commit = run.commit ?? machine.tips.get(branch ?? "") ?? "c0";
    machine.events.push({ what: "takes-commit", ...place, commit });
    setVariables(run, action, { CommitId: commit, ...((run.ref ?? branch) ? { BranchName: run.ref ?? branch! } : {}) });
  }
  for (const artifact of [...action.inputs, ...action.namedOnly]) {
    const from = action.inputs.includes(artifact) ? makerOf(machine, run, artifact) : undefined;
    if (from === undefined && isUncertain(machine, run)) continue;
    if (from === undefined && machine.world.findsUnmade?.({ ...place, run, artifact })) continue;
    machine.events.push({ what: "finds-artifact", ...place, artifact, from });
    if (from === undefined) inside!.doomed.add(action);
  }
}

function makerOf(machine: CodePipelineWorld, run: RunState, artifact: string): number | undefined {
  return run.artifacts.get(artifact) ?? releaseOf(machine, run).artifacts.get(artifact);
}

function isUncertain(machine: CodePipelineWorld, run: RunState): boolean {
  return pipelineOf(machine, run).partial || run.hasUnnamed || releaseOf(machine, run).hasUnnamed;
}

function setVariables(run: RunState, { namespace }: SimulatedAction, values: Readonly<Record<string, string>>): void {
  if (namespace === undefined) return;
  for (const [name, value] of Object.entries(values)) run.variables.set(`${namespace}.${name}`, value);
}

export function endAction(machine: CodePipelineWorld, run: RunState, action: SimulatedAction): void {
  const { world } = machine;
  const inside = run.inside!;
  const place = { run, stage: stageOf(machine, run).name, action: action.name };
  const outcome = inside.doomed.has(action) ? "failed" : carryOut(machine, place, action);
  inside.ended.set(action, outcome);
  if (outcome === "passed") {
    setVariables(run, action, world.variables?.(place) ?? {});
    for (const output of action.outputs) {
      if (output === undefined) run.hasUnnamed = true;
      else run.artifacts.set(output, run.id);
    }
  }
  tellAction(machine, run, { action, how: outcome });
  announceAction(machine, run, action, outcome === "passed" ? "SUCCEEDED" : "FAILED");
  if (outcome === "passed") {
    for (const id of action.startsPipelines) {
      const pipeline = machine.pipelines.get(id);
      if (pipeline) startBy(machine, run, { pipeline, trigger: "invoke" });
    }
  }
  afterAction(machine, run);
}

/** Phases one after another: one that fails ends the action, but for the phase that runs all the same. */
function carryOut(machine: CodePipelineWorld, at: ActionPlace, { phases = [] }: SimulatedAction): "passed" | "failed" {
  const { world, events } = machine;
  const whole = world.outcome?.(at) ?? "passed";
  if (phases.length === 0) return whole;
  let state: "goes on" | "failed" | "over" = "goes on";
  for (const [phase, { afterFailure, failureIgnored }] of phases.entries()) {
    if (state === "failed" && !afterFailure) state = "over";
    if (state === "over") break;
    const isEnd = phase === 0 && whole === "failed";
    const outcome = isEnd ? whole : (world.phase?.({ ...at, phase }) ?? "passed");
    const { run, stage, action } = at;
    events.push({ what: `phase-${outcome}`, run: run.id, stage, action, phase });
    if (outcome === "failed" && (isEnd || !failureIgnored)) state = "failed";
  }
  return state === "goes on" ? "passed" : "failed";
}

/** What runs beside a failed action is not stopped. */
function afterAction(machine: CodePipelineWorld, run: RunState): void {
  const inside = run.inside!;
  if (run.isStopping) {
    if ([...inside.started].every((action) => inside.ended.has(action))) stopped(machine, run);
    return;
  }
  const due = dueActions(machine, run);
  if (due.some((action) => !inside.ended.has(action))) return;
  if (due.some((action) => inside.ended.get(action) === "failed")) {
    failed(machine, run);
    return;
  }
  const later = stageOf(machine, run).actions.filter(({ runOrder }) => runOrder > inside.runOrder);
  const open = later.filter((action) => !inside.ended.has(action));
  if (open.length > 0) inside.runOrder = Math.min(...open.map(({ runOrder }) => runOrder));
  else allPassed(machine, run);
}
