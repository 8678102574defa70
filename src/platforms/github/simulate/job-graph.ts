/** Which jobs come before which, inside one workflow file. */

import type { Scope, SimJob } from "./world.ts";

interface Before {
  readonly needs: readonly SimJob[];
  readonly ancestors: readonly SimJob[];
}

const graphs = new WeakMap<Scope, Map<SimJob, Before>>();

export function needsOf(job: SimJob): readonly SimJob[] {
  return beforeOf(job).needs;
}

/** Every job that comes before, however far. */
export function ancestorsOf(job: SimJob): readonly SimJob[] {
  return beforeOf(job).ancestors;
}

function beforeOf(job: SimJob): Before {
  let graph = graphs.get(job.scope);
  if (graph === undefined) {
    graph = new Map();
    graphs.set(job.scope, graph);
  }
  let before = graph.get(job);
  if (before === undefined) {
    before = { needs: directNeeds(job), ancestors: allBefore(job) };
    graph.set(job, before);
  }
  return before;
}

/** A need that names no job of the file never holds anybody up: GitHub refuses such a file altogether. */
function directNeeds({ job, scope }: SimJob): SimJob[] {
  return job.needs.flatMap(({ value }) => scope.jobs.get(value) ?? []);
}

function allBefore(job: SimJob): SimJob[] {
  const found = new Set<SimJob>();
  const open = directNeeds(job);
  for (let next = open.pop(); next; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...directNeeds(next));
  }
  return [...found];
}
