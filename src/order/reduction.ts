import { buildGraph, type Edge, type Graph, successors } from "./graph.ts";
import { type ReachOptions, reachability } from "./reach.ts";
import { topologicalOrder } from "./topological.ts";

/** The fewest edges with the same order: an edge goes when a longer path says the same. Throws on a cycle. */
export function transitiveReduction(graph: Graph, options: ReachOptions = {}): Graph {
  const position = new Int32Array(graph.size);
  topologicalOrder(graph).forEach((node, i) => {
    position[node] = i;
  });
  const reach = reachability(graph, options);
  function* kept(): Generator<Edge> {
    for (let node = 0; node < graph.size; node++) {
      // Whatever makes an edge needless comes earlier in the order, so it has been kept already or is itself implied by one that was.
      const targets = [...successors(graph, node)].sort((a, b) => position[a]! - position[b]!);
      const direct: number[] = [];
      for (const target of targets) {
        if (!direct.some((earlier) => reach.happensBefore(earlier, target))) direct.push(target);
      }
      for (const target of direct) yield [node, target];
    }
  }
  return buildGraph(graph.size, kept());
}
