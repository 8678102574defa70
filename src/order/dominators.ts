import { type Graph, predecessors } from "./graph.ts";
import { topologicalOrder } from "./topological.ts";

/**
 * Where paths are alternatives (any of several triggers may lead on), the nodes that none of them goes round. For gates, which
 * all must hold, ask for reachability instead.
 */
export interface Dominators {
  /** The last node, other than `node`, that every path from a root to `node` passes; -1 where there is none. */
  immediate(node: number): number;
  /** Whether every path from a root to `node` passes `gate`. A node dominates itself. */
  mustPass(node: number, gate: number): boolean;
  /** All of them, first to last, without `node`. */
  gatesOf(node: number): number[];
}

/** Roots are the nodes without predecessors. Throws on a cycle. Linear but for a logarithm: each node keeps one far jump. */
export function dominators(graph: Graph): Dominators {
  // Node v of the tree is v + 1; 0 is a root above all roots.
  const parent = new Int32Array(graph.size + 1);
  const jump = new Int32Array(graph.size + 1);
  const depth = new Int32Array(graph.size + 1);
  const raise = (item: number, level: number): number => {
    let at = item;
    while (depth[at]! > level) at = depth[jump[at]!]! >= level ? jump[at]! : parent[at]!;
    return at;
  };
  const meet = (a: number, b: number): number => {
    let left = raise(a, depth[b]!);
    let right = raise(b, depth[left]!);
    while (left !== right) {
      const far = jump[left] !== jump[right];
      left = far ? jump[left]! : parent[left]!;
      right = far ? jump[right]! : parent[right]!;
    }
    return left;
  };
  for (const node of topologicalOrder(graph)) {
    let above = -1;
    for (const before of predecessors(graph, node)) above = above === -1 ? before + 1 : meet(above, before + 1);
    const up = Math.max(above, 0);
    parent[node + 1] = up;
    depth[node + 1] = depth[up]! + 1;
    // Skew-binary jump pointers: when the last two jumps were equally long, jump over both.
    const first = jump[up]!;
    const second = jump[first]!;
    jump[node + 1] = depth[up]! - depth[first]! === depth[first]! - depth[second]! ? second : up;
  }
  return {
    immediate: (node) => parent[node + 1]! - 1,
    mustPass: (node, gate) => raise(node + 1, depth[gate + 1]!) === gate + 1,
    gatesOf(node) {
      const gates: number[] = [];
      for (let at = parent[node + 1]!; at !== 0; at = parent[at]!) gates.push(at - 1);
      return gates.reverse();
    },
  };
}
