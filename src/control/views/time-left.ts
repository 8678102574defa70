import { hasEnded, type JobState, type RunState } from "../../engine/state.ts";
import type { JobId } from "../../plan/plan.ts";

/**
 * How long the rest of a run will take, in milliseconds: the longest chain of what is left, or all that is left divided
 * by how much runs at a time, whichever is more. Nothing when a job that is left has never been timed. `counts`: of these jobs alone.
 */
export function timeLeft(
  run: RunState,
  expected: ReadonlyMap<JobId, number>,
  now: number,
  counts: (job: JobState) => boolean = () => true,
): number | undefined {
  const open = run.list.filter((job) => !hasEnded(job) && counts(job));
  if (open.some((job) => !expected.has(job.id))) return undefined;
  const joins = new Map(run.plan.joins.map((join) => [join.id, join.after]));
  const endsIn = new Map<string, number>();
  const endOf = (id: string): number => {
    const known = endsIn.get(id);
    if (known !== undefined) return known;
    const end = latest(joins.get(id) ?? []);
    endsIn.set(id, end);
    return end;
  };
  const latest = (ids: readonly string[]) => ids.reduce((most, id) => Math.max(most, endOf(id)), 0);
  let work = 0;
  let chain = 0;
  for (const job of open) {
    const rest = restOf(job, expected, now);
    const end = latest(job.planned.after) + rest;
    endsIn.set(job.id, end);
    work += rest;
    chain = Math.max(chain, end);
  }
  return Math.max(chain, work / run.parallel);
}

function restOf(job: JobState, expected: ReadonlyMap<JobId, number>, now: number): number {
  const spent = job.status === "running" ? now - (job.startedAt ?? now) : 0;
  return Math.max(0, (expected.get(job.id) ?? 0) - spent);
}
