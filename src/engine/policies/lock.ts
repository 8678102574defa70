import type { LockAcquired, RunId } from "../events.ts";
import type { EnvironmentState, JobState, RunEnvironment, RunState, State } from "../state.ts";
import { isHeldUp } from "./freeze.ts";

/**
 * One deployment per environment at a time. A run stands in line from the moment its first deploying job there lacks
 * nothing else, and holds the lock until its last job there has ended.
 *
 * ```text
 * none ──▶ waiting ──▶ held ──▶ none
 *            └──────────────────▲     (nobody is left who needs it)
 * ```
 *
 * While the environment is frozen (see freeze.ts) it is given to nobody but runs with an override, and all keep their places.
 */
export function enterLock(state: State, run: RunState, job: JobState): "through" | "wait" {
  if (!job.definition.deploys || job.planned.environment === undefined) return "through";
  const mine = run.environments.get(job.planned.environment)!;
  if (mine.lock === "held") return "through";
  if (mine.lock === "none") {
    const environment = environmentOf(state, mine.name);
    environment.queue.push(run.id);
    mine.lock = "waiting";
    noteGrantable(state, environment);
  }
  return "wait";
}

/** Undefined while it is nobody's turn. `now`: the time of day of the turn. */
export function grantLock(state: State, name: string, now: number): LockAcquired | undefined {
  const run = nextInLine(state, state.environments.get(name)!, now);
  return run === undefined ? undefined : { type: "lock.acquired", run, environment: name };
}

/** The first that may have it at that time. */
export function nextInLine(state: State, { freeze, queue }: EnvironmentState, now: number): RunId | undefined {
  return queue.find((run) => !isHeldUp(state.runs.get(run)!, freeze, now));
}

export function takeLock(state: State, run: RunState, mine: RunEnvironment): void {
  const environment = environmentOf(state, mine.name);
  environment.queue.splice(environment.queue.indexOf(run.id), 1);
  environment.holder = run.id;
  mine.lock = "held";
  run.locksHeld += 1;
  noteGrantable(state, environment);
}

export function giveBackLock(state: State, run: RunState, mine: RunEnvironment): void {
  const environment = environmentOf(state, mine.name);
  environment.holder = undefined;
  mine.lock = "none";
  run.locksHeld -= 1;
  noteGrantable(state, environment);
}

/** Nobody of this run needs the lock any more: it gives up its place in line. */
export function leaveLockQueue(state: State, run: RunState, mine: RunEnvironment): void {
  if (mine.lock !== "waiting" || mine.atLock.size > 0) return;
  const environment = environmentOf(state, mine.name);
  environment.queue.splice(environment.queue.indexOf(run.id), 1);
  mine.lock = "none";
  noteGrantable(state, environment);
}

export function environmentOf(state: State, name: string): EnvironmentState {
  let environment = state.environments.get(name);
  if (environment === undefined) {
    environment = { name, holder: undefined, queue: [], freeze: undefined, newest: new Map(), changed: undefined };
    state.environments.set(name, environment);
  }
  return environment;
}

function noteGrantable(state: State, environment: EnvironmentState): void {
  if (environment.holder === undefined && environment.queue.length > 0) state.grantable.add(environment.name);
  else state.grantable.delete(environment.name);
}
