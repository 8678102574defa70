/** What is known of the jobs of a run now, and what that comes to for a node that stands for several legs. */
import { type Mark, markOfJob, releaseMeant, type State } from "../../data/states.ts";
import { whyChain } from "../../data/why.ts";
import type { Graph, GraphJob, JobView, Run, Waiting } from "../../data/wire.ts";

export interface Facts {
  readonly jobs: ReadonlyMap<string, JobView>;
  readonly waits: ReadonlyMap<string, Waiting["wait"]>;
  readonly critical: ReadonlySet<string>;
  /** The moment that is shown; absent: now. */
  readonly at?: number;
  /** On the map, which knows more than one run: how each node is. */
  readonly marks?: ReadonlyMap<string, Mark>;
  /** Of a pipeline on the map: another release than the one it has, on its way there or failed. */
  readonly notes?: ReadonlyMap<string, { readonly mark: Mark; readonly release: number }>;
  /** Nodes that one release has passed: its way. */
  readonly lit?: ReadonlySet<string>;
}

/** A job behind an approval stands in the view under its environment. */
export function factsOf(run: Run, graph: Graph, at: number | undefined): Facts {
  const waiting = run.waiting.map((one) => ({ ...one, run: run.run, release: releaseMeant(run) }));
  const waits = new Map<string, Waiting["wait"]>();
  for (const job of run.jobs) {
    if (job.status !== "waiting" && job.status !== "ready" && job.status !== "backing-off") continue;
    const [cause] = whyChain(waiting, run.run, job.id).causes;
    if (cause) waits.set(job.id, cause.wait);
  }
  const path = run.criticalPath.length > 0 ? run.criticalPath.map(({ job }) => job) : graph.criticalPath;
  return {
    jobs: new Map(run.jobs.map((job) => [job.id, job])),
    waits,
    critical: new Set(path),
    ...(at !== undefined && { at }),
  };
}

export const markOf = (job: GraphJob, { jobs, waits, marks }: Facts): Mark =>
  marks?.get(job.id) ?? markOfJob(jobs.get(job.id), job, waits.get(job.id));

/** The leg that somebody should look at first says what all are. */
const loudest: readonly State[] = [
  "failed",
  "running",
  "asking",
  "blocked",
  "waiting",
  "cancelled",
  "passed",
  "skipped",
];

export function loudestLeg(legs: readonly GraphJob[], facts: Facts): { leg: GraphJob; mark: Mark } {
  const marked = legs.map((leg) => ({ leg, mark: markOf(leg, facts) }));
  return marked.reduce((most, one) =>
    loudest.indexOf(one.mark.state) < loudest.indexOf(most.mark.state) ? one : most,
  );
}
