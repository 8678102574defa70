import type { Plan, PlannedJob } from "../plan/plan.ts";
import { bug } from "./bug.ts";

/** How something ended. `stood-down`: it did not run (to its end), yet nothing went wrong (cancelled, superseded). */
export type Outcome = "well" | "failed" | "stood-down";

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
}

/** A gate before it did not hold because something failed; because something stood down; something else before it failed. */
export const gateFailed = 1;
export const gateStoodDown = 2;
export const otherFailed = 4;

/** Numbers the jobs that run and the joins, and refuses a plan that names what it does not hold or runs in a circle. */
export function buildOrder(plan: Plan, running: readonly PlannedJob[]): PlanOrder {
  const joins = plan.joins;
  const jobs = running.length;
  const nodes = jobs + joins.length;
  const numbers = new Map<string, number>();
  for (let n = 0; n < nodes; n += 1) numbers.set((n < jobs ? running[n]! : joins[n - jobs]!).id, n);
  if (numbers.size !== nodes) bug("the plan holds an id twice");

  const pending = new Int32Array(nodes);
  const firstEdge = new Int32Array(nodes + 1);
  let count = 0;
  const sources: number[] = [];
  for (let n = 0; n < nodes; n += 1) {
    const node = n < jobs ? running[n]! : joins[n - jobs]!;
    pending[n] = node.after.length;
    for (const id of node.after) {
      const from = numbers.get(id);
      if (from === undefined) bug(`the plan has ${node.id} after ${id}, which does not run`);
      sources.push(from);
      firstEdge[from + 1] = firstEdge[from + 1]! + 1;
      count += 1;
    }
  }
  for (let n = 0; n < nodes; n += 1) firstEdge[n + 1] = firstEdge[n + 1]! + firstEdge[n]!;

  const edges = new Int32Array(count);
  const next = firstEdge.slice(0, nodes);
  const gateOf = new Int32Array(nodes).fill(-1);
  let at = 0;
  for (let n = 0; n < nodes; n += 1) {
    const node = n < jobs ? running[n]! : joins[n - jobs]!;
    for (const id of node.requires) gateOf[numbers.get(id) ?? bug(`the plan has ${node.id} require ${id}`)] = n;
    for (let i = 0; i < node.after.length; i += 1) {
      const from = sources[at]!;
      at += 1;
      edges[next[from]!] = n * 2 + (gateOf[from] === n ? 1 : 0);
      next[from] = next[from]! + 1;
    }
  }
  refuseCircles({ firstEdge, edges, pending, nodes });
  const culprit = new Int32Array(nodes).fill(-1);
  return { jobs, nodes, firstEdge, edges, pending, flags: new Uint8Array(nodes), culprit };
}

function refuseCircles(order: Pick<PlanOrder, "firstEdge" | "edges" | "pending" | "nodes">): void {
  const pending = order.pending.slice();
  const free: number[] = [];
  for (let n = 0; n < order.nodes; n += 1) if (pending[n] === 0) free.push(n);
  let seen = 0;
  for (let n = free.pop(); n !== undefined; n = free.pop()) {
    seen += 1;
    for (let e = order.firstEdge[n]!; e < order.firstEdge[n + 1]!; e += 1) {
      const behind = order.edges[e]! >> 1;
      pending[behind] = pending[behind]! - 1;
      if (pending[behind] === 0) free.push(behind);
    }
  }
  if (seen !== order.nodes) bug("the plan runs in a circle");
}
