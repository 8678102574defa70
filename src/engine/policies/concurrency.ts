import { Line } from "../line.ts";
import { resolveText } from "../resolve.ts";
import type { GroupState, JobState, RunState, State } from "../state.ts";

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
    group = { inside: 0, line: new Line() };
    state.groups.set(name, group);
  }
  if (group.line.size > 0 || group.inside >= limit) return "wait";
  takeGroupSlot(group, name, job);
  return "through";
}

export function takeGroupSlot(group: GroupState, name: string, job: JobState): void {
  group.inside += 1;
  job.inGroup = name;
}

/** The first in line, if there is room for it: limits may differ, and nobody overtakes. */
export function nextInGroup(group: GroupState): JobState | undefined {
  const first = group.line.first();
  return first !== undefined && group.inside < (first.definition.concurrency?.limit ?? 1) ? first : undefined;
}

/** Gives the job's slot back. */
export function leaveGroup(state: State, job: JobState): void {
  if (job.inGroup === undefined) return;
  state.groups.get(job.inGroup)!.inside -= 1;
  job.inGroup = undefined;
}

export function groupName(run: RunState, job: JobState): string {
  return resolveText(run, job, job.definition.concurrency?.group ?? "");
}

export function forgetEmptyGroup(state: State, name: string): void {
  const group = state.groups.get(name);
  if (group?.inside === 0 && group.line.size === 0) state.groups.delete(name);
}
