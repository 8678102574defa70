import type { Delivery } from "../model/delivery.ts";
import { own } from "../model/own.ts";
import { longestChain } from "../order/longest-chain.ts";
import { jobInstanceId } from "./job-id.ts";
import type { JobId, Join, PlannedJob } from "./plan.ts";

export interface ExpectedPathOptions {
  delivery: Delivery;
  jobs: readonly PlannedJob[];
  joins: readonly Join[];
  expectedMs: Record<string, number>;
}

/**
 * Ids of the longest chain of what is expected to run: without jobs that wait for a failure. A job of unknown duration counts as none;
 * where all are unknown, no chain is longer than another.
 */
export function expectedCriticalPath({ delivery, jobs, joins, expectedMs }: ExpectedPathOptions): JobId[] {
  if (Object.keys(expectedMs).length === 0) return [];
  const pipelines = new Map(delivery.pipelines.map((pipeline) => [pipeline.name, pipeline]));
  const onFailure = ({ pipeline, job }: PlannedJob): boolean =>
    pipelines.get(pipeline)!.jobs[job]!.runsAfter === "failure";
  const running = new Map<string, PlannedJob>();
  for (const job of jobs) if (job.decision === "run") running.set(job.id, job);
  const durationMs = ({ id }: { id: string }): number => {
    const job = running.get(id);
    if (job === undefined || onFailure(job)) return 0;
    const { pipeline, environment } = job;
    return own(expectedMs, jobInstanceId({ pipeline, job: job.job, environment })) ?? 0;
  };
  return longestChain([...running.values(), ...joins], durationMs).flatMap(({ id }) => {
    const job = running.get(id);
    return job === undefined || onFailure(job) ? [] : [id];
  });
}
