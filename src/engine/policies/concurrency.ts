import { resolveText } from "../resolve.ts";
import type { GroupState, JobState, RunState, State } from "../state.ts";
import { WaitQueue } from "../wait-queue.ts";

/**
 * At most `limit` jobs of a group at a time over all runs; first come, first served, nobody dropped. A slot is taken when
 * only the run's own limit stands before the job, so what holds a slot always comes to run.
 */
export function enterGroup(state: State, run: RunState, job: JobState): "through" | "wait" {
  const limit = job.definition.concurrency?.limit;
  if (limit === undefined) return "through";
  const name = groupName(run, job);
  let group = state.groups.get(name);
  if (group === undefined) {
    group = { inside: new Set(), limits: new Map(), queue: new WaitQueue() };
    state.groups.set(name, group);
  }
  if (group.queue.size > 0 || !hasRoom(group, job)) return "wait";
  takeGroupSlot(group, name, job);
  return "through";
}

/** The limits of those who are inside hold as well: whoever asked to be alone stays alone. */
function hasRoom(group: GroupState, job: JobState): boolean {
  let least = limitOf(job);
  for (const limit of group.limits.keys()) if (limit < least) least = limit;
  return group.inside.size < least;
}

function limitOf(job: JobState): number {
  return job.definition.concurrency?.limit ?? 1;
}

export function takeGroupSlot(group: GroupState, name: string, job: JobState): void {
  const limit = limitOf(job);
  group.inside.add(job);
  group.limits.set(limit, (group.limits.get(limit) ?? 0) + 1);
  job.inGroup = name;
}

/** The first in line, if there is room for it: limits may differ, and nobody overtakes. */
export function nextInGroup(group: GroupState): JobState | undefined {
  const first = group.queue.first();
  return first !== undefined && hasRoom(group, first) ? first : undefined;
}

/** Gives the job's slot back. */
export function leaveGroup(state: State, job: JobState): void {
  if (job.inGroup === undefined) return;
  const group = state.groups.get(job.inGroup)!;
  const limit = limitOf(job);
  const left = group.limits.get(limit)! - 1;
  if (left === 0) group.limits.delete(limit);
  else group.limits.set(limit, left);
  group.inside.delete(job);
  job.inGroup = undefined;
}

export function groupName(run: RunState, job: JobState): string {
  return resolveText(run, job, job.definition.concurrency?.group ?? "");
}

export function forgetEmptyGroup(state: State, name: string): void {
  const group = state.groups.get(name);
  if (group?.inside.size === 0 && group.queue.size === 0) state.groups.delete(name);
}
