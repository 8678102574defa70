import type { Plan, PlannedJob } from "../control/views/plan.ts";
import type { Delivery } from "../model/delivery.ts";
import type { Drawing, DrawnEdge, DrawnNode } from "../order/draw/drawing.ts";

/** Pipelines in each environment: hand-offs between them, and what an environment comes after. */
export function drawPipelines(plan: Plan, delivery: Delivery): Drawing {
  const id = (pipeline: string, environment: string) => `${pipeline}@${environment}`;
  const nodes: DrawnNode[] = plan.pipelines.map(({ pipeline, environment, decision }) => ({
    id: id(pipeline, environment),
    label: id(pipeline, environment),
    group: environment,
    state: decision,
  }));
  const edges: DrawnEdge[] = [];
  const last = (environment: string) =>
    delivery.pipelines.filter((item) => !isNeeded(delivery, item.name)).map(({ name }) => id(name, environment));
  for (const environment of plan.environments) {
    const before = delivery.environments.find(({ name }) => name === environment)?.after ?? [];
    for (const { name, needs } of delivery.pipelines) {
      for (const need of needs)
        edges.push({ from: id(need, environment), to: id(name, environment), kind: "hand-off" });
      if (needs.length > 0) continue;
      for (const earlier of before.filter((item) => plan.environments.includes(item))) {
        for (const from of last(earlier)) edges.push({ from, to: id(name, environment), kind: "gate" });
      }
    }
  }
  return { nodes, edges };
}

const isNeeded = ({ pipelines }: Delivery, name: string) => pipelines.some(({ needs }) => needs.includes(name));

/** Job instances, with what starts after what. A join is drawn only where it saves lines. */
export function drawJobs(plan: Plan): Drawing {
  const nodes: DrawnNode[] = plan.jobs.map((job) => ({
    id: job.id,
    label: job.id,
    group: groupOf(job),
    state: job.decision,
  }));
  const joins = new Map(plan.joins.map((join) => [join.id, join]));
  const expanded = new Map<string, string[]>();
  const jobsBefore = (ids: readonly string[]): string[] => [
    ...new Set(ids.flatMap((id) => (joins.has(id) ? expand(id) : [id]))),
  ];
  const expand = (id: string): string[] => {
    const known = expanded.get(id);
    if (known) return known;
    const found = jobsBefore(joins.get(id)!.after);
    expanded.set(id, found);
    return found;
  };
  const edges = plan.jobs.flatMap((job) => {
    const gates = new Set(jobsBefore(job.requires));
    return jobsBefore(job.after).map(
      (from): DrawnEdge => ({ from, to: job.id, kind: gates.has(from) ? "gate" : "order" }),
    );
  });
  return { nodes, edges };
}

function groupOf({ environment }: PlannedJob): string {
  return environment ?? "once for the release";
}
