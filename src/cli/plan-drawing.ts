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
export function drawJobs(plan: Plan, delivery: Delivery): Drawing {
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
  return { nodes, edges: [...edges, ...restingEdges(plan, delivery)] };
}

/** Jobs that do not run wait for nothing in a plan, and nothing for them: what the definition says of them is drawn. */
function restingEdges({ jobs }: Plan, delivery: Delivery): DrawnEdge[] {
  const drawn = new Map(jobs.map((job) => [job.id, job]));
  const pipelines = new Map(delivery.pipelines.map((pipeline) => [pipeline.name, pipeline]));
  const rests = (id: string) => drawn.get(id)!.decision !== "run";
  return jobs.flatMap(({ id, pipeline, job, environment }) => {
    const { jobs: own, needs } = pipelines.get(pipeline)!;
    const instances = (of: string, name: string) => [`${of}.${name}@${environment}`, `${of}.${name}`];
    const ends = (of: string) => {
      const others = Object.entries(pipelines.get(of)!.jobs);
      return others.map(([name]) => name).filter((name) => !others.some(([, other]) => other.needs.includes(name)));
    };
    const before = own[job]!.needs.map((name) => ({ kind: "gate" as const, ids: instances(pipeline, name) }));
    const isFirst = environment !== undefined && !own[job]!.needs.some((name) => own[name]!.per === "environment");
    const handed = isFirst ? needs.flatMap((of) => ends(of).map((name) => instances(of, name))) : [];
    return [...before, ...handed.map((ids) => ({ kind: "hand-off" as const, ids }))].flatMap(({ kind, ids }) => {
      const from = ids.find((candidate) => drawn.has(candidate));
      return from === undefined || from === id || !(rests(from) || rests(id)) ? [] : [{ from, to: id, kind }];
    });
  });
}

/** What is said of an environment as a whole, by its name: what it comes after, and who is asked. */
export function environmentNotes({ environments }: Delivery): ReadonlyMap<string, string> {
  return new Map(
    environments.map(({ name, after, approval, preview }) => {
      const asked = approval && `approval by ${approval.reviewers.join(" or ") || "anyone"}`;
      return [
        name,
        [
          preview && ", one for each pull request",
          after.length > 0 && `, after ${after.join(" and ")}`,
          asked && `, ${asked}`,
        ]
          .filter(Boolean)
          .join(""),
      ];
    }),
  );
}

/** Within its environment a node needs no `@dev`. */
export function withoutEnvironments({ nodes, edges }: Drawing): Drawing {
  const short = (label: string, group = "") =>
    label.endsWith(`@${group}`) ? label.slice(0, -group.length - 1) : label;
  return { nodes: nodes.map((node) => ({ ...node, label: short(node.label, node.group) })), edges };
}

function groupOf({ environment }: PlannedJob): string {
  return environment ?? "once for the release";
}
