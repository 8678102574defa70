import type { Graph } from "./graph.ts";
import { topologicalOrder } from "./topological.ts";

export interface CriticalPath {
  /** The longest chain, first to last; of equally long ones the one that ends, and before that comes from, the smallest nodes. */
  readonly path: readonly number[];
  /** Sum of the durations on it: no run can be shorter, however many jobs go at a time. */
  readonly totalMs: number;
  /** When each node could start at the earliest, counted from the start of all. */
  readonly earliestStartMs: Float64Array;
  /** How much later than that each node may start without delaying the end of all. */
  readonly slackMs: Float64Array;
}

/** `durationsMs[v]` is how long node `v` takes, at least 0. Throws on a cycle. */
export function criticalPath(graph: Graph, durationsMs: ArrayLike<number>): CriticalPath {
  const { size, outStart, outTo } = graph;
  const order = topologicalOrder(graph);
  const earliestStartMs = new Float64Array(size);
  const cameFrom = new Int32Array(size).fill(-1);
  let totalMs = 0;
  let last = -1;
  for (const node of order) {
    const end = earliestStartMs[node]! + durationsMs[node]!;
    if (end > totalMs || last === -1 || (end === totalMs && node < last)) {
      totalMs = end;
      last = node;
    }
    for (let e = outStart[node]!; e < outStart[node + 1]!; e++) {
      const next = outTo[e]!;
      const better = end > earliestStartMs[next]! || cameFrom[next] === -1;
      if (better || (end === earliestStartMs[next] && node < cameFrom[next]!)) {
        earliestStartMs[next] = end;
        cameFrom[next] = node;
      }
    }
  }
  const slackMs = new Float64Array(size);
  const latestEnd = new Float64Array(size).fill(totalMs);
  for (let i = size - 1; i >= 0; i--) {
    const node = order[i]!;
    for (let e = outStart[node]!; e < outStart[node + 1]!; e++) {
      const next = outTo[e]!;
      latestEnd[node] = Math.min(latestEnd[node]!, latestEnd[next]! - durationsMs[next]!);
    }
    slackMs[node] = latestEnd[node]! - durationsMs[node]! - earliestStartMs[node]!;
  }
  const path: number[] = [];
  for (let node = last; node !== -1; node = cameFrom[node]!) path.push(node);
  return { path: path.reverse(), totalMs, earliestStartMs, slackMs };
}
