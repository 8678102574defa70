/**
 * Concurrency groups, repository-wide and regardless of case: one in progress; behind it one waiting place, which a newer
 * one takes over, or with `queue: max` up to a hundred. `cancel-in-progress` ends the one in progress as well.
 */

import type { Group, Holder, World } from "./world.ts";

/** How many wait with `queue: max`. */
const longQueue = 100;

export interface Request {
  readonly name: string;
  readonly holder: Holder;
  readonly cancelInProgress: boolean;
  readonly queue: "single" | "max";
}

export interface Outcome {
  readonly granted: boolean;
  /** Those that waited and are replaced. */
  readonly dropped: readonly Holder[];
  /** The one in progress that is asked to end. */
  readonly cancelled: Holder | undefined;
}

/** Asks for a group; the caller ends what is dropped and cancelled. */
export function request(world: World, { name, holder, cancelInProgress, queue }: Request): Outcome {
  const group = groupOf(world, name);
  if (group.holder === undefined) {
    group.holder = holder;
    return { granted: true, dropped: [], cancelled: undefined };
  }
  const room = queue === "max" && !cancelInProgress ? longQueue : 1;
  const dropped = group.waiting.splice(0, Math.max(0, group.waiting.length - room + 1));
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

/** Whether this run already holds the group, so that one of its own jobs would wait for it for ever. */
export function heldByRun(world: World, name: string, runId: number): boolean {
  const holder = groupOf(world, name).holder;
  return holder?.kind === "run" && holder.run.info.id === runId;
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
