import type { JobState, RunState } from "../../engine/state.ts";

/**
 * The chain of jobs that a finished run waited for: from the job that ended last, back through what ended last before
 * each. Empty when nothing ran.
 */
export function criticalPathOf(run: RunState): JobState[] {
  const ran = run.list.filter(
    (job) => job.endedAt !== undefined && job.durationMs !== undefined && job.status !== "skipped",
  );
  const joins = new Map(run.plan.joins.map((join) => [join.id, join.after]));
  const chain: JobState[] = [];
  let at = lastEnded(ran);
  while (at !== undefined) {
    chain.unshift(at);
    at = lastEnded(before(at, run, joins));
  }
  return chain;
}

function before(job: JobState, run: RunState, joins: ReadonlyMap<string, readonly string[]>): JobState[] {
  const found = new Set<JobState>();
  const seen = new Set<string>();
  const open = [...job.planned.after];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    const before = run.jobs.get(id);
    if (before?.endedAt !== undefined && before.durationMs !== undefined) found.add(before);
    else open.push(...(before?.planned.after ?? joins.get(id) ?? []));
  }
  return [...found];
}

function lastEnded(jobs: readonly JobState[]): JobState | undefined {
  return jobs.reduce<JobState | undefined>(
    (last, job) => (last === undefined || job.endedAt! > last.endedAt! ? job : last),
    undefined,
  );
}
