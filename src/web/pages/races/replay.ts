/** How a finding was carried out, moment by moment, on the graph of all jobs. Pure. */
import type { Mark, State } from "../../data/states.ts";
import type { Finding, Findings, Graph, GraphJob } from "../../data/wire.ts";
import type { Facts } from "../run/node-state.ts";

/**
 * What of the graph a finding is about: the pipelines of its sides and of all that happens, with the events that start them.
 * Without a finding, all of it.
 */
export function graphOf({ nodes, edges }: Findings["graph"], finding: Finding | undefined): Graph {
  const groupOf = new Map(nodes.map(({ id, group }) => [id, group ?? id]));
  const named = [...(finding?.nodes ?? []), ...(finding?.replay ?? []).flatMap(({ node }) => node ?? [])];
  const groups = new Set(named.map((id) => groupOf.get(id)));
  const starts = new Set(edges.filter(({ to }) => groups.has(groupOf.get(to))).map(({ from }) => from));
  const isShown = (id: string) => named.length === 0 || groups.has(groupOf.get(id)) || (isEvent(id) && starts.has(id));
  const before = Map.groupBy(edges, ({ to }) => to);
  const jobs = nodes
    .filter(({ id }) => isShown(id))
    .map(({ id, label, group }): GraphJob => {
      // The pipeline itself is where it starts; its name stands above its box already.
      const isPipeline = label === group;
      return {
        id,
        pipeline: group ?? label,
        job: isPipeline ? "starts" : label,
        deploys: false,
        decision: "run",
        reason: "",
        after: (before.get(id) ?? []).map(({ from }) => from).filter(isShown),
        steps: [],
      };
    });
  return { version: 1, run: "", environments: [], jobs, joins: [], criticalPath: [] };
}

const isEvent = (id: string) => id.startsWith("event ");

const notYet: Mark = { state: "waiting", word: "not yet" };

const marks: Readonly<Record<Finding["replay"][number]["does"], Mark>> = {
  happens: { state: "passed", word: "happened" },
  starts: { state: "running", word: "running" },
  waits: { state: "blocked", word: "waits" },
  reads: { state: "running", word: "running" },
  succeeds: { state: "passed", word: "passed" },
  fails: { state: "failed", word: "failed" },
  stops: { state: "cancelled", word: "stopped" },
};

/** Each node as it is when the moments up to `step` have happened; both sides of the finding are lit. */
export function factsAt(graph: Graph, finding: Finding | undefined, step: number): Facts {
  const known = new Map<string, Mark>();
  for (const { node, does } of finding?.replay.slice(0, step + 1) ?? [])
    if (node !== undefined) known.set(node, marks[does]);
  const hasStarted = (id: string) => known.has(id);
  for (const { id, after } of graph.jobs) {
    if (hasStarted(id)) for (const event of after.filter(isEvent)) known.set(event, marks.happens);
  }
  const idle: Mark = (finding?.replay.length ?? 0) > 0 ? notYet : { state: "skipped", word: "in order" };
  return {
    jobs: new Map(),
    waits: new Map(),
    critical: new Set(known.keys()),
    marks: new Map(graph.jobs.map(({ id }) => [id, known.get(id) ?? idle])),
    lit: new Set(finding?.nodes),
  };
}

export const stateOfSeverity: Readonly<Record<Finding["severity"], State>> = {
  error: "failed",
  warning: "asking",
  note: "waiting",
};
