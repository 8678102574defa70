import type { Delivery } from "../model/delivery.ts";
import { own } from "../model/own.ts";
import { criticalPath } from "../order/critical-path.ts";
import { buildKeyedGraph } from "../order/keyed-graph.ts";
import { jobInstanceId } from "./job-id.ts";
import type { JobId, Join, PlannedJob } from "./plan.ts";

export interface ExpectedPathOptions {
  delivery: Delivery;
  jobs: readonly PlannedJob[];
  joins: readonly Join[];
  expectedMs: Record<string, number>;
}

/** Ids of the longest chain of what is expected to run: without jobs that wait for a failure. A job of unknown duration counts as none. */
export function expectedCriticalPath({ delivery, jobs, joins, expectedMs }: ExpectedPathOptions): JobId[] {
  const pipelines = new Map(delivery.pipelines.map((pipeline) => [pipeline.name, pipeline]));
  const onFailure = ({ pipeline, job }: PlannedJob): boolean =>
    pipelines.get(pipeline)!.jobs[job]!.runsAfter === "failure";
  const running = new Map<string, PlannedJob>();
  for (const job of jobs) if (job.decision === "run") running.set(job.id, job);
  const nodes = [...running.values(), ...joins];
  function* edges(): Generator<readonly [string, string]> {
    for (const { id, after } of nodes) for (const before of after) yield [before, id];
  }
  const keyed = buildKeyedGraph(
    nodes.map(({ id }) => id),
    edges(),
  );
  const durations = Float64Array.from(nodes, ({ id }) => {
    const job = running.get(id);
    if (job === undefined || onFailure(job)) return 0;
    const { pipeline, environment } = job;
    return own(expectedMs, jobInstanceId({ pipeline, job: job.job, environment })) ?? 0;
  });
  return criticalPath(keyed.graph, durations).path.flatMap((node) => {
    const job = running.get(nodes[node]!.id);
    return job === undefined || onFailure(job) ? [] : [job.id];
  });
}
