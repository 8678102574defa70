import type { LockAcquired } from "../events.ts";
import type { EnvironmentState, JobState, RunEnvironment, RunState, State } from "../state.ts";

/**
 * One deployment per environment at a time. A run stands in line from the moment its first deploying job there lacks
 * nothing else, and holds the lock until its last job there has ended.
 *
 * ```text
 * none ──▶ waiting ──▶ held ──▶ none
 *            └──────────────────▲     (nobody is left who needs it)
 * ```
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

export function grantLock(state: State, environment: string): LockAcquired {
  return { type: "lock.acquired", run: state.environments.get(environment)!.queue[0]!, environment };
}

export function takeLock(state: State, run: RunState, mine: RunEnvironment): void {
  const environment = environmentOf(state, mine.name);
  environment.queue.shift();
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
    environment = { name, holder: undefined, queue: [], newest: new Map(), changed: undefined };
    state.environments.set(name, environment);
  }
  return environment;
}

function noteGrantable(state: State, environment: EnvironmentState): void {
  if (environment.holder === undefined && environment.queue.length > 0) state.grantable.add(environment.name);
  else state.grantable.delete(environment.name);
}
