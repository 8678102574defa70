import type { Delivery } from "../src/model/delivery.ts";
import { deliveryFromModule } from "../src/model/from-module.ts";
import { delivery, env, pipeline, sh } from "../src/model/index.ts";
import { plan } from "../src/plan/make-plan.ts";
import type { Plan } from "../src/plan/plan.ts";
import type { JobGraph } from "./job-graph.ts";

/** The delivery that has exactly these jobs, and the plan of its first run. */
export function planOf(graph: JobGraph): { delivery: Delivery; plan: Plan } {
  const jobs = Array.from(graph, ([name, needs]) => [name, { per: "release" as const, needs, steps: [sh("true")] }]);
  const all = pipeline("bench", { jobs: Object.fromEntries(jobs) });
  const built = deliveryFromModule({ default: delivery("bench", { pipelines: [all], environments: [env("dev")] }) });
  if (!built.ok) throw new Error(JSON.stringify(built.refusals));
  const change = { event: "manual" as const, commit: "c", branch: "main", changedSince: {}, uncommitted: [] };
  const request = { change, environments: ["dev"], pipelines: [], parameters: {}, history: { deployed: {} } };
  return { delivery: built.value, plan: plan(built.value, { ...request, force: "none" }) };
}
