/**
 * Concurrency groups, repository-wide and regardless of case: one in progress; behind it one waiting place, which a newer
 * one takes over, or with `queue: max` up to a hundred. `cancel-in-progress` ends the one in progress as well; GitHub
 * refuses it together with `queue: max`.
 */

import type { Group, Holder, SimLeg, World } from "./world.ts";

/** How many wait with `queue: max`. */
const longQueue = 100;

export interface Request {
  readonly name: string;
  readonly holder: Holder;
  readonly cancelInProgress: boolean;
  readonly queue: "single" | "max";
}

export interface LockOutcome {
  readonly granted: boolean;
  /** Those that waited and are replaced. */
  readonly dropped: readonly Holder[];
  /** The one in progress that is asked to end. */
  readonly cancelled: Holder | undefined;
}

/** Asks for a group; the caller ends what is dropped and cancelled. Those that wait are served in the order they came. */
export function request(world: World, { name, holder, cancelInProgress, queue }: Request): LockOutcome {
  const group = groupOf(world, name);
  if (group.holder === undefined) {
    group.holder = holder;
    return { granted: true, dropped: [], cancelled: undefined };
  }
  // A full queue turns the newcomer away.
  if (queue === "max" && group.waiting.length >= longQueue) {
    return { granted: false, dropped: [holder], cancelled: undefined };
  }
  const dropped = queue === "max" ? [] : group.waiting.splice(0);
  group.waiting.push(holder);
  return { granted: false, dropped, cancelled: cancelInProgress ? group.holder : undefined };
}

/** Gives the group up, or leaves its queue. Returns who holds it now, if that is somebody new. */
export function release(world: World, name: string, holder: Holder): Holder | undefined {
  const group = groupOf(world, name);
  const place = group.waiting.findIndex((other) => same(other, holder));
  if (place >= 0) group.waiting.splice(place, 1);
  if (group.holder === undefined || !same(group.holder, holder)) return undefined;
  group.holder = group.waiting.shift();
  return group.holder;
}

/** Whether the group is held by the leg itself, a job that calls it, or its run: it would wait for ever. */
export function heldAround(world: World, name: string, leg: SimLeg): boolean {
  const holder = groupOf(world, name).holder;
  if (holder?.kind === "run") return holder.run === leg.job.scope.run;
  for (let at: SimLeg | undefined = leg; at; at = at.job.scope.caller) if (holder?.leg === at) return true;
  return false;
}

function groupOf(world: World, name: string): Group {
  const key = name.toLowerCase();
  let group = world.groups.get(key);
  if (group === undefined) {
    group = { name, holder: undefined, waiting: [] };
    world.groups.set(key, group);
  }
  return group;
}

function same(a: Holder, b: Holder): boolean {
  if (a.kind === "run") return b.kind === "run" && a.run === b.run;
  return b.kind === "leg" && a.leg === b.leg;
}
