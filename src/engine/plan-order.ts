import type { Plan, PlannedJob } from "../plan/plan.ts";
import { assert, bug } from "./bug.ts";

/**
 * How something ended. `stood-down`: it did not run (to its end), yet nothing went wrong (cancelled, superseded).
 * `tolerated`: it failed and may; only what cannot do without its success is stopped by that.
 */
export type Outcome = "well" | "failed" | "tolerated" | "stood-down";

/**
 * The order of a plan as a graph of numbers: the jobs that run (by their number), then the joins. Counts what has not
 * ended, so that an end costs as much as it has edges and nothing more.
 */
export interface PlanOrder {
  readonly jobs: number;
  readonly nodes: number;
  /** `edges` from `firstEdge[n]` to `firstEdge[n + 1]` leave node n: the node behind it times two, plus one for a gate. */
  readonly firstEdge: Int32Array;
  readonly edges: Int32Array;
  /** Edges into the node whose start has not ended. */
  readonly pending: Int32Array;
  /** What happened before it: see the three flags below. */
  readonly flags: Uint8Array;
  /** The job that broke its gate, or -1. */
  readonly culprit: Int32Array;
  /** What must end before a person is asked about an environment: by node, and how many for each environment. */
  readonly entrances: Map<number, Entrance[]>;
  readonly entranceCounts: Map<string, number>;
}

/** `gate`: the environment is reached only if this ended well. */
export interface Entrance {
  environment: string;
  gate: boolean;
}

/** A gate before it did not hold because something failed; because something stood down; something else before it failed. */
export const gateFailed = 1;
export const gateStoodDown = 2;
export const otherFailed = 4;

interface Graph {
  readonly nodes: number;
  readonly firstEdge: Int32Array;
  readonly edges: Int32Array;
}

interface Before {
  readonly from: number;
  readonly gate: boolean;
}

/**
 * Numbers the jobs that run and the joins, and refuses a plan that names what it does not hold or runs in a circle.
 * `asked` gives the numbers of the jobs of each environment that a person is asked about.
 */
export function buildOrder(
  plan: Plan,
  running: readonly PlannedJob[],
  asked: ReadonlyMap<string, readonly number[]>,
): PlanOrder {
  const jobs = running.length;
  const nodes = jobs + plan.joins.length;
  const nodeAt = (n: number) => (n < jobs ? running[n]! : plan.joins[n - jobs]!);
  const numbers = new Map<string, number>();
  for (let n = 0; n < nodes; n += 1) numbers.set(nodeAt(n).id, n);
  assert(numbers.size === nodes, "the plan holds an id twice");
  const numberOf = (id: string, of: string) =>
    numbers.get(id) ?? bug(`the plan has ${of} after ${id}, which does not run`);

  const pending = new Int32Array(nodes);
  const firstEdge = new Int32Array(nodes + 1);
  const sources: number[] = [];
  for (let n = 0; n < nodes; n += 1) {
    const node = nodeAt(n);
    pending[n] = node.after.length;
    for (const id of node.after) {
      const from = numberOf(id, node.id);
      sources.push(from);
      firstEdge[from + 1] = firstEdge[from + 1]! + 1;
    }
  }
  for (let n = 0; n < nodes; n += 1) firstEdge[n + 1] = firstEdge[n + 1]! + firstEdge[n]!;

  const edges = new Int32Array(sources.length);
  const next = firstEdge.slice(0, nodes);
  const gateOf = new Int32Array(nodes).fill(-1);
  let at = 0;
  for (let n = 0; n < nodes; n += 1) {
    const node = nodeAt(n);
    for (const id of node.requires) gateOf[numberOf(id, node.id)] = n;
    for (let i = 0; i < node.after.length; i += 1, at += 1) {
      const from = sources[at]!;
      edges[next[from]!] = n * 2 + (gateOf[from] === n ? 1 : 0);
      next[from] = next[from]! + 1;
    }
  }
  const graph = { nodes, firstEdge, edges };
  refuseCircles(graph, pending.slice());

  const before = (n: number): Before[] => {
    const { after, requires } = nodeAt(n);
    const gates = new Set(requires);
    return after.map((id) => ({ from: numbers.get(id)!, gate: gates.has(id) }));
  };
  const entrances = new Map<number, Entrance[]>();
  const entranceCounts = new Map<string, number>();
  for (const [environment, inside] of asked) {
    const entrance = entranceOf(graph, inside, before);
    entranceCounts.set(environment, entrance.size);
    for (const [node, gate] of entrance) {
      const list = entrances.get(node);
      if (list === undefined) entrances.set(node, [{ environment, gate }]);
      else list.push({ environment, gate });
    }
  }
  const flags = new Uint8Array(nodes);
  const culprit = new Int32Array(nodes).fill(-1);
  return { ...graph, jobs, pending, flags, culprit, entrances, entranceCounts };
}

/**
 * What stands directly before an environment: predecessors of its jobs, looking through whatever itself comes after one
 * of them (so that nobody waits for a person who is asked later). The value says whether the last step is a gate.
 */
function entranceOf(graph: Graph, jobs: readonly number[], before: (node: number) => Before[]): Map<number, boolean> {
  const inside = new Uint8Array(graph.nodes);
  const reached = [...jobs];
  for (const job of jobs) inside[job] = 1;
  for (let at = 0; at < reached.length; at += 1) {
    const node = reached[at]!;
    for (let e = graph.firstEdge[node]!; e < graph.firstEdge[node + 1]!; e += 1) {
      const behind = graph.edges[e]! >> 1;
      if (inside[behind] === 0) {
        inside[behind] = 1;
        reached.push(behind);
      }
    }
  }
  const entrance = new Map<number, boolean>();
  const seen = new Set(jobs);
  const open = [...jobs];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const { from, gate } of before(node)) {
      if (inside[from] === 0) entrance.set(from, entrance.get(from) === true || gate);
      else if (!seen.has(from)) {
        seen.add(from);
        open.push(from);
      }
    }
  }
  return entrance;
}

function refuseCircles(graph: Graph, pending: Int32Array): void {
  const free: number[] = [];
  for (let n = 0; n < graph.nodes; n += 1) if (pending[n] === 0) free.push(n);
  let seen = 0;
  for (let n = free.pop(); n !== undefined; n = free.pop()) {
    seen += 1;
    for (let e = graph.firstEdge[n]!; e < graph.firstEdge[n + 1]!; e += 1) {
      const behind = graph.edges[e]! >> 1;
      pending[behind] = pending[behind]! - 1;
      if (pending[behind] === 0) free.push(behind);
    }
  }
  assert(seen === graph.nodes, "the plan runs in a circle");
}
