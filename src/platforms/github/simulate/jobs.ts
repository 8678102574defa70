/**
 * Jobs from "everything before it has ended" to "ended": conditions, legs, called workflows, results.
 *
 *     blocked ──needs ended──> condition ──false──> skipped
 *                                  │ true
 *                                  v
 *                     legs: ready ─> (queued) ─> running ─> ended      ended: results of the legs, folded
 */

import type { Conclusion } from "../../../facts/facts.ts";
import type { Repository, Step, Workflow } from "../workflow.ts";
import * as concurrency from "./concurrency.ts";
import type { Evaluate } from "./evaluate.ts";
import { needsOf } from "./job-graph.ts";
import { outcomeOf } from "./patterns.ts";
import {
  type Holder,
  type Result,
  record,
  type Scope,
  type SimJob,
  type SimLeg,
  type SimRun,
  type World,
} from "./world.ts";

export interface Machine {
  readonly repository: Repository;
  readonly world: World;
  readonly evaluate: Evaluate;
  /** Called workflows, by path. */
  readonly workflows: ReadonlyMap<string, Workflow>;
  /** What a step that succeeded sets off: a push or a dispatch that starts runs. */
  effects(step: Step, leg: SimLeg): void;
}

/** GitHub lets calls nest this deep; deeper ones are refused before a run starts. */
const deepestCall = 10;

/** The jobs of a file, all blocked. */
export function openScope(run: SimRun, workflow: Workflow, caller: SimLeg | undefined): Scope {
  const jobs = new Map<string, SimJob>();
  const scope: Scope = { workflow, run, caller, jobs };
  const outer = caller?.job.path ?? [];
  for (const job of workflow.jobs) {
    jobs.set(job.id, {
      job,
      scope,
      path: [...outer, job.id],
      legs: [],
      active: false,
      result: undefined,
      forgiven: false,
    });
  }
  return scope;
}

/** Lets everything happen that needs nobody's decision: conditions, skips, results, ends. */
export function settle(machine: Machine, run: SimRun): void {
  if (run.state !== "running") return;
  while (settleScope(machine, run.scope));
  if ([...run.scope.jobs.values()].every(({ result }) => result !== undefined)) endRun(machine, run, conclusionOf(run));
}

/** One pass; true if anything changed. */
function settleScope(machine: Machine, scope: Scope): boolean {
  let changed = false;
  for (const job of scope.jobs.values()) {
    if (job.result !== undefined) continue;
    if (job.active) changed = settleActive(machine, job) || changed;
    else if (needsEnded(job)) {
      activate(machine, job);
      changed = true;
    }
  }
  return changed;
}

function settleActive(machine: Machine, job: SimJob): boolean {
  let changed = false;
  for (const leg of job.legs) {
    const called = leg.called;
    if (leg.state !== "running" || called === undefined) continue;
    changed = settleScope(machine, called) || changed;
    const results = [...called.jobs.values()];
    if (results.every(({ result }) => result !== undefined)) {
      endLeg(machine, leg, fold(results.map((inner) => (inner.forgiven ? "success" : inner.result!))));
      changed = true;
    }
  }
  if (job.legs.every(({ result }) => result !== undefined)) {
    endJob(job);
    return true;
  }
  return changed;
}

/** A need that names no job of the file never holds anybody up: GitHub refuses such a file altogether. */
function needsEnded(job: SimJob): boolean {
  return needsOf(job).every(({ result }) => result !== undefined);
}

function activate(machine: Machine, job: SimJob): void {
  const { evaluate } = machine;
  const runs = evaluate.jobCondition(job);
  if (!runs) {
    job.result = job.scope.run.cancelled ? "cancelled" : "skipped";
    return;
  }
  job.active = true;
  const legs = job.job.strategy?.matrix?.legs;
  const combinations = legs === undefined || job.job.strategy === undefined ? [undefined] : legs;
  combinations.forEach((matrix, index) => {
    job.legs.push({
      job,
      index,
      matrix,
      state: "ready",
      step: 0,
      steps: new Map(),
      failed: false,
      result: undefined,
      called: undefined,
      groups: [],
    });
  });
  if (job.legs.length === 0) job.result = "skipped";
}

/** Whether the leg may start now: `max-parallel` leaves it a place. */
export function mayStart(machine: Machine, leg: SimLeg): boolean {
  if (leg.state !== "ready") return false;
  const limit = machine.evaluate.limit(leg);
  return leg.job.legs.filter(({ state }) => state === "running" || state === "queued").length < limit;
}

/** Takes the leg's groups and starts it, or puts it in their queue. */
export function startLeg(machine: Machine, leg: SimLeg): void {
  const wanted = [leg.job.job.concurrency, calledWorkflow(machine, leg)?.concurrency].filter(
    (one) => one !== undefined,
  );
  leg.state = "queued";
  for (const setting of wanted) {
    const lock = machine.evaluate.lock(setting, leg);
    if (lock === undefined || leg.groups.includes(lock.name.toLowerCase())) continue;
    if (concurrency.heldByRun(machine.world, lock.name, leg.job.scope.run.info.id)) {
      // The run holds the group that its own job asks for. GitHub sees the deadlock and cancels the job.
      endLeg(machine, leg, "cancelled");
      return;
    }
    leg.groups.push(lock.name.toLowerCase());
    apply(machine, lock.name, concurrency.request(machine.world, { ...lock, holder: { kind: "leg", leg } }));
  }
  beginIfGranted(machine, leg);
}

function apply(machine: Machine, group: string, outcome: concurrency.Outcome): void {
  for (const holder of outcome.dropped) drop(machine, group, holder);
  if (outcome.cancelled !== undefined) cancel(machine, group, outcome.cancelled);
}

function beginIfGranted(machine: Machine, leg: SimLeg): void {
  const { world } = machine;
  const missing = leg.groups.find((name) => {
    const holder = world.groups.get(name)?.holder;
    return !(holder?.kind === "leg" && holder.leg === leg);
  });
  const at = placeOf(leg);
  if (missing !== undefined) {
    record(world, { kind: "queued", run: at.run, path: at.path, group: missing });
    return;
  }
  leg.state = "running";
  record(world, { kind: "job-started", ...at });
  const workflow = calledWorkflow(machine, leg);
  if (workflow !== undefined) leg.called = openScope(leg.job.scope.run, workflow, leg);
}

function calledWorkflow(machine: Machine, leg: SimLeg): Workflow | undefined {
  const { job, path } = leg.job;
  if (job.kind !== "call" || job.uses.kind !== "local" || path.length > deepestCall) return undefined;
  return machine.workflows.get(job.uses.path);
}

export function placeOf(leg: SimLeg): { run: number; path: readonly string[]; leg: number } {
  return { run: leg.job.scope.run.info.id, path: leg.job.path, leg: leg.index };
}

/** Carries out the next step of a running leg, or ends the leg after its last one. */
export function advance(machine: Machine, leg: SimLeg): void {
  const { world, evaluate } = machine;
  const { job } = leg.job;
  const rule = outcomeOf(world.scenario.outcomes, leg);
  if (job.kind === "call") {
    endLeg(machine, leg, rule?.outcome ?? "success");
    return;
  }
  if (rule?.outcome === "cancelled") {
    endLeg(machine, leg, "cancelled");
    return;
  }
  const step = job.steps[leg.step];
  if (step === undefined) {
    endLeg(
      machine,
      leg,
      leg.failed || (rule?.outcome === "failure" && rule.step === undefined) ? "failure" : "success",
    );
    return;
  }
  leg.step++;
  const id = step.id?.value.toLowerCase();
  if (!evaluate.stepCondition(step, leg)) {
    if (id !== undefined) leg.steps.set(id, { outcome: "skipped", conclusion: "skipped" });
    return;
  }
  const fails = rule?.outcome === "failure" && !leg.failed && (rule.step === undefined || rule.step === step.index);
  record(world, { kind: "step", ...placeOf(leg), step: step.index, outcome: fails ? "failure" : "success" });
  const forgiven = fails && evaluate.flag(step.continueOnError, leg);
  if (fails && !forgiven) leg.failed = true;
  if (id !== undefined) {
    const outcome = fails ? "failure" : "success";
    leg.steps.set(id, { outcome, conclusion: forgiven ? "success" : outcome });
  }
  if (!fails) machine.effects(step, leg);
}

export function endLeg(machine: Machine, leg: SimLeg, result: Result): void {
  const { world, evaluate } = machine;
  leg.state = "ended";
  leg.result = result;
  record(world, { kind: "job-ended", ...placeOf(leg), conclusion: result });
  for (const name of leg.groups) handOver(machine, concurrency.release(world, name, { kind: "leg", leg }));
  const { job } = leg.job;
  const forgiven = job.kind === "steps" && evaluate.flag(job.continueOnError, leg);
  if (result === "failure" && forgiven) leg.job.forgiven = true;
  if (result === "failure" && !forgiven && evaluate.failFast(leg)) cancelSiblings(machine, leg);
}

function cancelSiblings(machine: Machine, leg: SimLeg): void {
  for (const other of leg.job.legs) if (other !== leg && other.result === undefined) endTree(machine, other);
}

/** Ends a leg and whatever it called as cancelled. */
function endTree(machine: Machine, leg: SimLeg): void {
  for (const inner of leg.called?.jobs.values() ?? []) {
    for (const innerLeg of inner.legs) if (innerLeg.result === undefined) endTree(machine, innerLeg);
    inner.result ??= "cancelled";
  }
  endLeg(machine, leg, "cancelled");
}

function endJob(job: SimJob): void {
  job.result = fold(job.legs.map(({ result }) => result!));
  if (job.result !== "failure") job.forgiven = false;
}

/** One bad leg makes the job bad. Legs that were all skipped make it skipped. */
function fold(results: readonly Result[]): Result {
  if (results.includes("failure")) return "failure";
  if (results.includes("cancelled")) return "cancelled";
  return results.includes("success") || results.length === 0 ? "success" : "skipped";
}

function conclusionOf(run: SimRun): Conclusion {
  const results = [...run.scope.jobs.values()].map((job) => (job.forgiven ? "success" : job.result!));
  if (run.cancelled) return "cancelled";
  return fold(results);
}

// ---------------------------------------------------------------------------------------------------------------------
// Runs

/** Starts a run that has its group, or leaves it waiting. */
export function openRun(machine: Machine, run: SimRun): void {
  const { world, evaluate } = machine;
  world.runs.push(run);
  record(world, { kind: "run-created", run: run.info });
  world.deliveries.push({ kind: "workflow-run", run, action: "requested" });
  const lock = run.workflow.concurrency && evaluate.lock(run.workflow.concurrency, run);
  if (lock !== undefined) {
    run.group = lock.name;
    const outcome = concurrency.request(world, { ...lock, holder: { kind: "run", run } });
    if (!outcome.granted) record(world, { kind: "queued", run: run.info.id, group: lock.name });
    apply(machine, lock.name, outcome);
    if (!outcome.granted) return;
  }
  beginRun(machine, run);
}

function beginRun(machine: Machine, run: SimRun): void {
  run.state = "running";
  machine.world.deliveries.push({ kind: "workflow-run", run, action: "in_progress" });
  settle(machine, run);
}

function endRun(machine: Machine, run: SimRun, conclusion: Conclusion): void {
  run.state = "ended";
  run.conclusion = conclusion;
  record(machine.world, { kind: "run-ended", run: run.info.id, conclusion });
  machine.world.deliveries.push({ kind: "workflow-run", run, action: "completed" });
  if (run.group !== undefined) handOver(machine, concurrency.release(machine.world, run.group, { kind: "run", run }));
}

/** Whoever waited first has the group now. */
function handOver(machine: Machine, next: Holder | undefined): void {
  if (next === undefined) return;
  if (next.kind === "run") beginRun(machine, next.run);
  else {
    beginIfGranted(machine, next.leg);
    settle(machine, next.leg.job.scope.run);
  }
}

function drop(machine: Machine, group: string, holder: Holder): void {
  if (holder.kind === "run") {
    record(machine.world, { kind: "dropped", run: holder.run.info.id, group });
    endRun(machine, holder.run, "cancelled");
    return;
  }
  const at = placeOf(holder.leg);
  record(machine.world, { kind: "dropped", run: at.run, path: at.path, group });
  endLeg(machine, holder.leg, "cancelled");
  settle(machine, holder.leg.job.scope.run);
}

function cancel(machine: Machine, group: string, holder: Holder): void {
  if (holder.kind === "run") {
    record(machine.world, { kind: "run-cancelled", run: holder.run.info.id, group });
    cancelRun(machine, holder.run);
    return;
  }
  const at = placeOf(holder.leg);
  record(machine.world, { kind: "run-cancelled", run: at.run, path: at.path, group });
  endTree(machine, holder.leg);
  settle(machine, holder.leg.job.scope.run);
}

/** Ends what runs; what has not begun is asked once more, since `always()` and `cancelled()` still hold. */
export function cancelRun(machine: Machine, run: SimRun): void {
  run.cancelled = true;
  const end = (scope: Scope) => {
    for (const job of scope.jobs.values())
      for (const leg of job.legs) if (leg.result === undefined) endTree(machine, leg);
  };
  end(run.scope);
  settle(machine, run);
}
