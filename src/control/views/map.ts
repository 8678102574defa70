import type { Delivery } from "../../model/delivery.ts";
import { outputsRead } from "../../model/job-values.ts";
import { standing } from "../../model/previews.ts";
import { plan as makePlan } from "../../plan/make-plan.ts";
import type { JobId } from "../../plan/plan.ts";
import { type GraphJob, graphOf } from "./graph.ts";

/** All that the delivery may ever do, in one graph: every job in every environment, as if everything had changed. */
export interface MapView {
  version: 1;
  delivery: string;
  /** In promotion order. */
  environments: string[];
  pipelines: { name: string; needs: string[] }[];
  /** In an order in which they could run. `skip`: its conditions keep it out of a run by hand. */
  jobs: MapJob[];
  /** Points where many edges meet; nothing runs in them. */
  joins: { id: string; after: string[] }[];
  criticalPath: JobId[];
}

export interface MapJob extends GraphJob {
  /** `pipeline.output`, of those that hand it over. */
  reads: string[];
  /** `pipeline.artifact`. */
  uses: string[];
}

/** `expected`: what jobs usually take, in milliseconds. */
export function mapView(whole: Delivery, expected: ReadonlyMap<JobId, number>): MapView {
  const delivery = standing(whole);
  const environments = delivery.environments.map(({ name }) => name);
  const plan = makePlan(delivery, {
    change: { event: "manual", commit: "", branch: "", changedSince: {}, uncommitted: [] },
    environments,
    pipelines: [],
    parameters: Object.fromEntries(
      Object.entries(delivery.parameters).map(([name, { default: value = "" }]) => [name, value]),
    ),
    force: "all",
    history: { deployed: {} },
    expectedMs: Object.fromEntries(expected),
  });
  const pipelines = new Map(delivery.pipelines.map((pipeline) => [pipeline.name, pipeline]));
  const { jobs, joins, criticalPath } = graphOf(plan, { pipelines, expected });
  return {
    version: 1,
    delivery: delivery.name,
    environments,
    pipelines: delivery.pipelines.map(({ name, needs }) => ({ name, needs })),
    jobs: jobs.map((shown) => {
      const pipeline = pipelines.get(shown.pipeline)!;
      const job = pipeline.jobs[shown.job]!;
      return { ...shown, reads: outputsRead(pipeline, job), uses: job.uses.map(({ artifact }) => artifact) };
    }),
    joins,
    criticalPath,
  };
}
