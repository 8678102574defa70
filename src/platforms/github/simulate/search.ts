/**
 * Looks for a trace in which moments occur in order. First the direct way: whatever the next moment waits for comes first,
 * everything else is held back. Where that fails, other orders are tried one by one, up to a limit.
 */

import type { JobPattern, Moment, Schedule, TraceRun } from "../../../facts/scenario.ts";
import { type Action, perform, possibleActions } from "./actions.ts";
import type { Machine } from "./jobs.ts";
import { isMoment, matchesJob, numberOf } from "./patterns.ts";
import { stateKey } from "./state-key.ts";
import { towards } from "./towards.ts";

/** More actions than these mean that runs start each other without end. */
export const mostActions = 100_000;

export interface Found {
  readonly machine: Machine;
  /** How many moments of the schedule came. */
  readonly moments: number;
  /** Every order has been tried. */
  readonly isCertain: boolean;
}

/** How far a schedule has come in a machine's trace. The earliest match is as good as any later one. */
class Progress {
  moments = 0;
  private read = 0;
  private readonly infos: TraceRun[] = [];
  private readonly schedule: Schedule;

  constructor(schedule: Schedule) {
    this.schedule = schedule;
  }

  /** Reads what has been added to the trace; true when every moment has come. */
  follow({ world }: Machine): boolean {
    for (let i = this.infos.length; i < world.runs.length; i++) this.infos.push(world.runs[i]!.info);
    for (; this.read < world.entries.length && this.moments < this.schedule.length; this.read++) {
      if (isMoment(this.schedule[this.moments]!, world.entries[this.read]!, this.infos)) this.moments++;
    }
    return this.moments === this.schedule.length;
  }

  get next(): Moment {
    return this.schedule[this.moments]!;
  }

  get rest(): Schedule {
    return this.schedule.slice(this.moments);
  }
}

/** `limit` is how many actions may be weighed while other orders are tried. */
export function search(begin: () => Machine, schedule: Schedule, limit: number): Found {
  const direct = directly(begin(), schedule);
  if (direct.moments === schedule.length) return direct;
  return exhaustively(begin, schedule, limit) ?? direct;
}

function directly(machine: Machine, schedule: Schedule): Found {
  const progress = new Progress(schedule);
  for (let done = 0; !progress.follow(machine) && done < mostActions; done++) {
    const action = towards(machine, progress.next) ?? possibleActions(machine).next().value;
    if (!action) break;
    perform(machine, action);
  }
  return { machine, moments: progress.moments, isCertain: false };
}

/** A choice among the possible actions, after those before it. */
interface Choice {
  readonly before: Choice | undefined;
  readonly position: number;
}

/** Undefined where the limit ends the search. */
function exhaustively(begin: () => Machine, schedule: Schedule, limit: number): Found | undefined {
  const seen = new Set<string>();
  /** Last choices on ways to states not looked at yet. */
  const open: (Choice | undefined)[] = [undefined];
  let furthest: Found | undefined;
  let spent = 0;
  while (open.length > 0) {
    let last = open.pop();
    const machine = begin();
    const progress = new Progress(schedule);
    for (const position of positions(last)) {
      const actions = [...possibleActions(machine)];
      spent += actions.length;
      perform(machine, actions[position]!);
    }
    while (!progress.follow(machine)) {
      const actions = [...possibleActions(machine)];
      const state = `${progress.moments} ${stateKey(machine)}`;
      // Large states cost more to tell apart.
      spent += actions.length + state.length / 32;
      if (spent > limit) return undefined;
      if (actions.length === 0 || seen.has(state)) break;
      seen.add(state);
      const preferred = preference(machine, progress, actions);
      if (!isUnseen(machine, actions[preferred]!, progress.rest)) {
        for (let i = actions.length - 1; i >= 0; i--) if (i !== preferred) open.push({ before: last, position: i });
      }
      perform(machine, actions[preferred]!);
      last = { before: last, position: preferred };
    }
    const found = { machine, moments: progress.moments, isCertain: true };
    if (progress.moments === schedule.length) return found;
    if (!furthest || progress.moments > furthest.moments) furthest = found;
  }
  return furthest;
}

function positions(last: Choice | undefined): number[] {
  const result: number[] = [];
  for (let choice = last; choice; choice = choice.before) result.push(choice.position);
  return result.reverse();
}

/** An action that commutes with all others first, then what leads to the next moment. */
function preference(machine: Machine, progress: Progress, actions: readonly Action[]): number {
  const unseen = actions.findIndex((action) => isUnseen(machine, action, progress.rest));
  if (unseen >= 0) return unseen;
  const wanted = towards(machine, progress.next);
  return Math.max(
    0,
    actions.findIndex((action) => wanted !== undefined && isSame(action, wanted)),
  );
}

/** A step between others that makes no event and that nobody asks for: its place in the trace does not matter. */
function isUnseen(machine: Machine, action: Action, rest: Schedule): boolean {
  if (action.kind !== "advance" || action.leg.state !== "running") return false;
  const { leg } = action;
  const { job, path, scope } = leg.job;
  if (job.kind !== "steps" || leg.step >= job.steps.length) return false;
  if (job.steps.some((step) => machine.makesEvents(step, leg))) return false;
  if (leg.job.legs.length > 1 || leg.cancelled) return false;
  const place = { run: scope.run.info, path, leg: numberOf(leg) };
  const isAsked = (pattern: JobPattern) => matchesJob(pattern, place);
  return !rest.some((moment) => moment.kind === "step" && isAsked(moment.job));
}

function isSame(a: Action, b: Action): boolean {
  if (a.kind !== b.kind) return false;
  if (a.kind === "deliver") return b.kind === "deliver" && a.delivery === b.delivery;
  if (a.kind === "expire") return b.kind === "expire" && a.holder === b.holder;
  return (b.kind === "start" || b.kind === "advance") && a.leg === b.leg;
}
