/** Which jobs come before which, inside one workflow file. */

import type { SimJob } from "./world.ts";

export function needsOf(job: SimJob): SimJob[] {
  return job.job.needs.flatMap(({ value }) => job.scope.jobs.get(value) ?? []);
}

/** Every job that comes before, however far. */
export function ancestorsOf(job: SimJob): SimJob[] {
  const found = new Set<SimJob>();
  const visit = (next: SimJob) => {
    for (const need of needsOf(next)) {
      if (found.has(need)) continue;
      found.add(need);
      visit(need);
    }
  };
  visit(job);
  return [...found];
}
