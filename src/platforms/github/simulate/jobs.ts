/**
 * Jobs from "everything before it has ended" to "ended": conditions, legs, called workflows, results.
 *
 *     blocked ──needs ended──> condition ──false──> skipped
 *                                  │ true
 *                                  v
 *                     legs: ready ─> (queued) ─> running ─> ended      ended: results of the legs, folded
 */

import type { Conclusion } from "../../../facts/facts.ts";
import { callTrigger, MAX_CALL_LEVELS } from "../read/calls.ts";
import type { Concurrency, Repository, Step, Workflow, WorkflowRunTrigger } from "../workflow.ts";
import * as concurrency from "./concurrency.ts";
import type { Evaluate } from "./evaluate.ts";
import { needsOf } from "./job-graph.ts";
import { numberOf, outcomeOf } from "./legs.ts";
import {
  type CompletionAction,
  type Holder,
  type Result,
  record,
  type Scope,
  type SimJob,
  type SimLeg,
  type SimRun,
  type World,
} from "./world.ts";

/** A workflow that `workflow_run` starts. */
export interface Listener {
  readonly workflow: Workflow;
  readonly trigger: WorkflowRunTrigger;
}

export interface GithubWorld {
  readonly repository: Repository;
  readonly world: World;
  readonly evaluate: Evaluate;
  /** Called workflows, by path. */
  readonly workflows: ReadonlyMap<string, Workflow>;
  /** Those that events may start. */
  readonly startable: readonly Workflow[];
  /** Between an event and the only run that it makes something else may happen. */
  readonly isBesideOthers: boolean;
  /** By the name of the workflow listened to. */
  readonly listeners: ReadonlyMap<string, readonly Listener[]>;
  makesEvents(step: Step, leg: SimLeg): boolean;
  /** What a step finds where it looks goes into the trace. */
  reads(step: Step, leg: SimLeg): void;
  /** What a step that succeeded sets off: a push or a dispatch that starts runs, an artifact. */
  effects(step: Step, leg: SimLeg): void;
}

/** The jobs of a file, all blocked. */
export function openScope(run: SimRun, workflow: Workflow, caller: SimLeg | undefined): Scope {
  const jobs = new Map<string, SimJob>();
  const scope: Scope = { workflow, run, caller, jobs, cancelled: caller?.job.scope.cancelled ?? false };
  const outer = caller?.job.path ?? [];
  for (const job of workflow.jobs) {
    const path = [...outer, job.id];
    jobs.set(job.id, { job, scope, path, legs: [], active: false, result: undefined, forgiven: false });
  }
  return scope;
}

/** Lets everything happen that needs nobody's decision: conditions, skips, results, ends. */
export function settle(machine: GithubWorld, run: SimRun): void {
  if (run.state !== "running") return;
  while (settleScope(machine, run.scope));
  // A group that was handed over may have ended the run already.
  if (run.conclusion !== undefined) return;
  for (const { result } of run.scope.jobs.values()) if (result === undefined) return;
  endRun(machine, run, conclusionOf(run));
}

/** One pass; true if anything changed. */
function settleScope(machine: GithubWorld, scope: Scope): boolean {
  let changed = false;
  for (const job of scope.jobs.values()) {
    if (job.result !== undefined) continue;
    if (job.active) changed = settleActive(machine, job) || changed;
    else if (needsOf(job).every(({ result }) => result !== undefined)) {
      activate(machine, job);
      changed = true;
    }
  }
  return changed;
}

function settleActive(machine: GithubWorld, job: SimJob): boolean {
  let changed = false;
  for (const leg of job.legs) {
    const { called } = leg;
    if (leg.state !== "running" || called === undefined) continue;
    changed = settleScope(machine, called) || changed;
    if (leg.result !== undefined) continue;
    const results = [...called.jobs.values()];
    if (results.every(({ result }) => result !== undefined)) {
      endLeg(machine, leg, fold(results.map((inner) => (inner.forgiven ? "success" : inner.result!))));
      changed = true;
    }
  }
  if (!job.legs.every(({ result }) => result !== undefined)) return changed;
  const forgiven = job.legs.some((leg) => leg.forgiven);
  const hard = fold(job.legs.map((leg) => (leg.forgiven ? "success" : leg.result!)));
  job.forgiven = forgiven && hard === "success";
  job.result = job.forgiven ? "failure" : hard;
  return true;
}

function activate(machine: GithubWorld, job: SimJob): void {
  if (!machine.evaluate.jobCondition(job)) {
    endUnstarted(machine, job, job.scope.cancelled ? "cancelled" : "skipped");
    return;
  }
  job.active = true;
  machine.evaluate.legs(job).forEach((matrix, index) => {
    job.legs.push({
      job,
      index,
      matrix,
      state: "ready",
      step: 0,
      steps: new Map(),
      failed: false,
      cancelled: false,
      forgiven: false,
      result: undefined,
      called: undefined,
      groups: [],
      asked: 0,
    });
  });
  // GitHub refuses a matrix without any combination when the job's turn comes.
  if (job.legs.length === 0) endUnstarted(machine, job, "failure");
}

function endUnstarted(machine: GithubWorld, job: SimJob, result: Result): void {
  job.result = result;
  const around = job.scope.caller === undefined ? 0 : numberOf(job.scope.caller);
  record(machine.world, {
    kind: "job-ended",
    run: job.scope.run.info.id,
    path: job.path,
    leg: around,
    conclusion: result,
  });
}

/** Whether the leg may start now: `max-parallel` leaves it a place. */
export function mayStart(machine: GithubWorld, leg: SimLeg): boolean {
  if (leg.state !== "ready") return false;
  if (leg.job.legs.length === 1) return true;
  return leg.job.legs.filter(isUnderWay).length < machine.evaluate.limit(leg);
}

function isUnderWay({ state }: SimLeg): boolean {
  return state !== "ready" && state !== "ended";
}

/** Asks for the leg's groups and starts it, or puts it in their queue. */
export function startLeg(machine: GithubWorld, leg: SimLeg): void {
  const workflow = calledWorkflow(machine, leg);
  if (workflow !== undefined) leg.called = openScope(leg.job.scope.run, workflow, leg);
  leg.state = "queued";
  acquire(machine, leg);
}

/** One lock after the other: the job's own, then that of the workflow it calls. Begins when it has them all. */
function acquire(machine: GithubWorld, leg: SimLeg): void {
  const { world } = machine;
  const settings: readonly [Concurrency | undefined, SimLeg | Scope | undefined][] = [
    [leg.job.job.concurrency, leg],
    [leg.called?.workflow.concurrency, leg.called],
  ];
  while (leg.asked < settings.length) {
    const [setting, view] = settings[leg.asked++]!;
    const lock = setting && view && machine.evaluate.lock(setting, view);
    if (!lock) continue;
    if (concurrency.heldAround(world, lock.name, leg)) {
      // GitHub sees that it would wait for itself, and cancels it.
      endLeg(machine, leg, "cancelled");
      return;
    }
    leg.groups.push(lock.name.toLowerCase());
    const outcome = concurrency.request(world, { ...lock, holder: { kind: "leg", leg } });
    if (!outcome.granted) {
      const { run, path } = placeOf(leg);
      record(world, { kind: "queued", run, path, group: lock.name });
    }
    apply(machine, lock.name, outcome);
    if (!outcome.granted) return;
  }
  begin(machine, leg);
}

function begin(machine: GithubWorld, leg: SimLeg): void {
  const { job } = leg.job;
  const asksSomebody = job.kind === "steps" && job.environment !== undefined;
  if (asksSomebody && outcomeOf(machine.world.scenario.outcomes, leg)?.outcome === "rejected") {
    leg.state = "refused";
    return;
  }
  leg.state = "running";
  record(machine.world, { kind: "job-started", ...placeOf(leg) });
}

function apply(machine: GithubWorld, group: string, outcome: concurrency.LockOutcome): void {
  for (const holder of outcome.dropped) if (!hasEnded(holder)) drop(machine, group, holder);
  if (outcome.cancelled !== undefined) cancelHolder(machine, group, outcome.cancelled);
}

/** A local workflow that can be called; GitHub refuses deeper levels before a run starts. */
function calledWorkflow(machine: GithubWorld, { job: { job, path } }: SimLeg): Workflow | undefined {
  if (job.kind !== "call" || job.uses.kind !== "local" || path.length >= MAX_CALL_LEVELS) return undefined;
  const workflow = machine.workflows.get(job.uses.path);
  return workflow && callTrigger(workflow) ? workflow : undefined;
}

export function placeOf(leg: SimLeg): { run: number; path: readonly string[]; leg: number } {
  return { run: leg.job.scope.run.info.id, path: leg.job.path, leg: numberOf(leg) };
}

/** Carries out the next step of a running leg, or ends the leg after its last one. */
export function advance(machine: GithubWorld, leg: SimLeg): void {
  const { world, evaluate } = machine;
  const { job } = leg.job;
  const rule = outcomeOf(world.scenario.outcomes, leg);
  if (leg.state === "refused") {
    endLeg(machine, leg, "failure");
    return;
  }
  if (job.kind === "call") {
    endLeg(machine, leg, rule === undefined || rule.outcome === "rejected" ? "success" : rule.outcome);
    return;
  }
  const step = job.steps[leg.step];
  if (isCancelledNext(machine, leg)) {
    cancelLeg(machine, leg);
    return;
  }
  if (step === undefined) {
    const failed = leg.failed || (rule?.outcome === "failure" && rule.step === undefined);
    endLeg(machine, leg, leg.cancelled ? "cancelled" : failed ? "failure" : "success");
    return;
  }
  leg.step++;
  const id = step.id?.value.toLowerCase();
  if (!evaluate.stepCondition(step, leg)) {
    if (id !== undefined) leg.steps.set(id, { outcome: "skipped", conclusion: "skipped" });
    return;
  }
  const isTold = rule?.outcome === "failure" && (rule.step === undefined || rule.step === step.index);
  const fails = isTold && !leg.failed && !leg.cancelled;
  if (!fails) machine.reads(step, leg);
  const { run, path, leg: number } = placeOf(leg);
  record(world, { kind: "step", run, path, leg: number, step: step.index, outcome: fails ? "failure" : "success" });
  const forgiven = fails && evaluate.stepFlag(step.continueOnError, { leg, step });
  if (fails && !forgiven) leg.failed = true;
  if (id !== undefined) {
    const outcome = fails ? "failure" : "success";
    leg.steps.set(id, { outcome, conclusion: forgiven ? "success" : outcome });
  }
  if (!fails) machine.effects(step, leg);
}

/** Whether the scenario has the job cancelled in place of its next step. */
export function isCancelledNext({ world }: GithubWorld, leg: SimLeg): boolean {
  const rule = outcomeOf(world.scenario.outcomes, leg);
  return rule?.outcome === "cancelled" && !leg.cancelled && (rule.step ?? 0) <= leg.step;
}

export function endLeg(machine: GithubWorld, leg: SimLeg, result: Result): void {
  const { world, evaluate } = machine;
  const { job } = leg.job;
  leg.state = "ended";
  leg.result = result;
  record(world, { kind: "job-ended", ...placeOf(leg), conclusion: result });
  leg.forgiven = result === "failure" && job.kind === "steps" && evaluate.legFlag(job.continueOnError, leg);
  // It leaves every queue before anybody else moves on, so that no group comes back to it.
  const freed = leg.groups.map((name) => concurrency.release(world, name, { kind: "leg", leg }));
  for (const next of freed) handOver(machine, next);
  if (result !== "failure") return;
  if (!leg.forgiven && leg.job.legs.length > 1 && evaluate.failFast(leg)) {
    for (const other of leg.job.legs) cancelLeg(machine, other);
  }
}

/** One bad one makes all bad. Those that were all skipped count as skipped. */
function fold(results: readonly Result[]): Result {
  if (results.includes("failure")) return "failure";
  if (results.includes("cancelled")) return "cancelled";
  return results.includes("success") || results.length === 0 ? "success" : "skipped";
}

function conclusionOf(run: SimRun): Conclusion {
  if (run.cancelled) return "cancelled";
  return fold([...run.scope.jobs.values()].map((job) => (job.forgiven ? "success" : job.result!)));
}

// ---------------------------------------------------------------------------------------------------------------------
// Runs

/** Starts a run that has its group, or leaves it waiting. */
export function openRun(machine: GithubWorld, run: SimRun): void {
  const { world, evaluate } = machine;
  world.runs.push(run);
  record(world, { kind: "run-created", run: run.info });
  // A run that is started again is not requested once more.
  if (run.attempt === 1) announce(machine, run, "requested");
  const lock = run.workflow.concurrency && evaluate.lock(run.workflow.concurrency, run.scope);
  if (lock !== undefined) {
    run.group = lock.name;
    const outcome = concurrency.request(world, { ...lock, holder: { kind: "run", run } });
    if (!outcome.granted) record(world, { kind: "queued", run: run.info.id, group: lock.name });
    apply(machine, lock.name, outcome);
    if (!outcome.granted) return;
  }
  beginRun(machine, run);
}

/** Tells the workflows that listen to this one. */
function announce({ world, listeners }: GithubWorld, run: SimRun, action: CompletionAction): void {
  for (const { workflow, trigger } of listeners.get(run.workflow.displayName) ?? []) {
    const types = trigger.types?.patterns;
    if (types !== undefined && !types.some(({ value }) => value === action)) continue;
    const completion = { run, action, conclusion: run.conclusion };
    world.deliveries.push({ kind: "completion", completion, listener: workflow });
  }
}

function beginRun(machine: GithubWorld, run: SimRun): void {
  run.state = "running";
  machine.world.live.push(run);
  announce(machine, run, "in_progress");
  settle(machine, run);
}

function endRun(machine: GithubWorld, run: SimRun, conclusion: Conclusion): void {
  const { world } = machine;
  const place = world.live.indexOf(run);
  if (place >= 0) world.live.splice(place, 1);
  run.state = "ended";
  run.conclusion = conclusion;
  record(world, { kind: "run-ended", run: run.info.id, conclusion });
  announce(machine, run, "completed");
  if (run.group !== undefined) handOver(machine, concurrency.release(world, run.group, { kind: "run", run }));
}

/** Whoever waited first has the group now. */
function handOver(machine: GithubWorld, next: Holder | undefined): void {
  if (next === undefined || hasEnded(next)) return;
  if (next.kind === "run") beginRun(machine, next.run);
  else {
    acquire(machine, next.leg);
    settle(machine, next.leg.job.scope.run);
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Cancelling

/** One that waits for a group gives its place to a newer one. */
function drop(machine: GithubWorld, group: string, holder: Holder): void {
  if (holder.kind === "run") {
    record(machine.world, { kind: "dropped", run: holder.run.info.id, group });
    endRun(machine, holder.run, "cancelled");
    return;
  }
  const { run, path } = placeOf(holder.leg);
  record(machine.world, { kind: "dropped", run, path, group });
  endUnbegun(machine, holder.leg);
  settle(machine, holder.leg.job.scope.run);
}

function cancelHolder(machine: GithubWorld, group: string, holder: Holder): void {
  if (holder.kind === "run") {
    if (holder.run.cancelled || hasEnded(holder)) return;
    record(machine.world, { kind: "run-cancelled", run: holder.run.info.id, group });
    cancelRun(machine, holder.run);
    return;
  }
  if (holder.leg.cancelled || holder.leg.called?.cancelled || hasEnded(holder)) return;
  const { run, path } = placeOf(holder.leg);
  record(machine.world, { kind: "run-cancelled", run, path, group });
  cancelLeg(machine, holder.leg);
  settle(machine, holder.leg.job.scope.run);
}

function hasEnded(holder: Holder): boolean {
  return (holder.kind === "run" ? holder.run.state : holder.leg.state) === "ended";
}

/** Jobs whose condition holds all the same (`always()`, `cancelled()`) go on or still begin; the others end. */
export function cancelRun(machine: GithubWorld, run: SimRun): void {
  run.cancelled = true;
  if (run.state === "queued") {
    endRun(machine, run, "cancelled");
    return;
  }
  cancelScope(machine, run.scope);
  settle(machine, run);
}

function cancelScope(machine: GithubWorld, scope: Scope): void {
  scope.cancelled = true;
  for (const job of scope.jobs.values()) {
    for (const leg of job.legs) {
      if (leg.result !== undefined) continue;
      if (leg.called !== undefined && leg.state === "running") cancelScope(machine, leg.called);
      else if (!machine.evaluate.jobCondition(job)) cancelLeg(machine, leg);
    }
  }
}

/** Steps that want to run all the same still do, and keep the leg's groups until they have. */
function cancelLeg(machine: GithubWorld, leg: SimLeg): void {
  if (leg.result !== undefined || leg.cancelled) return;
  if (leg.state === "running" && leg.called !== undefined) {
    cancelScope(machine, leg.called);
    return;
  }
  leg.cancelled = true;
  const { job } = leg.job;
  const cleansUp = job.kind === "steps" && job.steps.slice(leg.step).some((step) => step.if?.hasStatusFunction);
  if (leg.state !== "running" || !cleansUp) endUnbegun(machine, leg);
}

function endUnbegun(machine: GithubWorld, leg: SimLeg): void {
  if (leg.called) leg.called = undefined;
  endLeg(machine, leg, "cancelled");
}

/** Ends what waits for a group that will never be free, as GitHub does when its time is over. */
export function expire(machine: GithubWorld, holder: Holder): void {
  if (holder.kind === "run") cancelRun(machine, holder.run);
  else {
    cancelLeg(machine, holder.leg);
    settle(machine, holder.leg.job.scope.run);
  }
}
