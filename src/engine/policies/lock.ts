import { changesEnvironment } from "../../model/changes-environment.ts";
import type { LockAcquired, RunId } from "../events.ts";
import type { EnvironmentState, JobState, RunEnvironment, RunState, State } from "../state.ts";
import { isHeldUp } from "./freeze.ts";
import { standsBehind } from "./take-back.ts";
import { opensFor } from "./window.ts";

/**
 * One deployment per environment at a time. A run stands in line from the moment its first job there that deploys or verifies lacks
 * nothing else, and holds the lock until its last job there has ended.
 *
 * ```text
 * none ──▶ waiting ──▶ held ──▶ none
 *            └──────────────────▲     (nobody is left who needs it)
 * ```
 *
 * While the environment is frozen (see freeze.ts) it is given to nobody but runs with an override, outside of their change windows
 * (window.ts) to them and to rollbacks, while something is to be taken back there (take-back.ts) to nobody but a rollback, and all
 * keep their places.
 */
export function enterLock(state: State, run: RunState, job: JobState): "through" | "wait" {
  if (job.planned.environment === undefined || !takesLock(job)) return "through";
  const mine = run.environments.get(job.planned.environment)!;
  if (mine.lock === "held") return "through";
  if (mine.lock === "none") {
    const environment = environmentOf(state, mine.name);
    if (run.undoes === undefined) environment.queue.push(run.id);
    else environment.queue.unshift(run.id);
    mine.lock = "waiting";
    noteGrantable(state, environment);
  }
  return "wait";
}

/** Who looks whether what was deployed works wants nothing else to come there meanwhile. */
export function takesLock({ definition }: JobState): boolean {
  return changesEnvironment(definition) || definition.verify !== undefined;
}

/** Undefined while it is nobody's turn. `now`: the time of day of the turn. */
export function grantLock(state: State, name: string, now: number): LockAcquired | undefined {
  const environment = state.environments.get(name)!;
  const outside = environment.queue.filter((id) => opensFor(state.runs.get(id)!, name, now) !== undefined);
  const run = nextInLine(state, environment, { now, outside });
  if (run === undefined) return undefined;
  const past = outside.filter((id) => environment.queue.indexOf(id) < environment.queue.indexOf(run));
  return { type: "lock.acquired", run, environment: name, ...(past.length > 0 && { past }) };
}

/** The first that may have it at that time, but those that are outside of their change windows. */
export function nextInLine(
  state: State,
  { freeze, owed, queue }: EnvironmentState,
  { now, outside = [] }: { now: number; outside?: readonly RunId[] | undefined },
): RunId | undefined {
  return queue.find((id) => {
    const run = state.runs.get(id)!;
    return !outside.includes(id) && !isHeldUp(run, freeze, now) && !standsBehind(run, owed);
  });
}

export function takeLock(state: State, run: RunState, mine: RunEnvironment): void {
  const environment = environmentOf(state, mine.name);
  environment.queue.splice(environment.queue.indexOf(run.id), 1);
  environment.holder = run.id;
  environment.owed = undefined;
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
    environment = {
      name,
      holder: undefined,
      queue: [],
      freeze: undefined,
      owed: undefined,
      newest: new Map(),
      changed: undefined,
    };
    state.environments.set(name, environment);
  }
  return environment;
}

function noteGrantable(state: State, environment: EnvironmentState): void {
  if (environment.holder === undefined && environment.queue.length > 0) state.grantable.add(environment.name);
  else state.grantable.delete(environment.name);
}
