import { stronglyConnected } from "./cycles.ts";
import { buildGraph, type Edge, type Graph } from "./graph.ts";
import { closureOf } from "./reach-closure.ts";
import { searchOf } from "./reach-search.ts";

/** Answers whether one node is certain to come before another. */
export interface Reach {
  /** Whether a path of at least one edge leads from `a` to `b`. Of a node to itself: only on a cycle. */
  happensBefore(a: number, b: number): boolean;
}

export interface ReachOptions {
  /** At most this much for the full closure; a graph that needs more is searched for each question. Default 64 MiB. */
  memoryBytes?: number;
}

/**
 * Prepares a graph (with or without cycles) for many questions. Up to about 32,000 nodes in the default memory every answer is
 * one bit to look up; beyond that three interval labels per node settle nearly all questions and a pruned search the rest.
 */
export function reachability(graph: Graph, { memoryBytes = 64 * 2 ** 20 }: ReachOptions = {}): Reach {
  const components = stronglyConnected(graph);
  const condensed = condense(graph, components);
  // Bit rows are triangular: component c can only lead to the c components below it.
  const closureBytes = (components.count * (components.count + 31)) / 16;
  const reach = closureBytes <= memoryBytes ? closureOf(condensed) : searchOf(condensed);
  const knotSize = new Int32Array(components.count);
  for (const component of components.of) knotSize[component]!++;
  return {
    happensBefore(a, b) {
      const from = components.of[a]!;
      const to = components.of[b]!;
      if (from === to) return a !== b || knotSize[from]! > 1 || leadsToItself(graph, a);
      return from > to && reach.reaches(from, to);
    },
  };
}

function leadsToItself(graph: Graph, node: number): boolean {
  for (let e = graph.outStart[node]!; e < graph.outStart[node + 1]!; e++) if (graph.outTo[e] === node) return true;
  return false;
}

/** One node for each component; Tarjan's numbering makes every edge lead to a smaller number. */
function condense(graph: Graph, components: { count: number; of: Int32Array }): Graph {
  function* edges(): Generator<Edge> {
    for (let node = 0; node < graph.size; node++) {
      const from = components.of[node]!;
      for (let e = graph.outStart[node]!; e < graph.outStart[node + 1]!; e++) {
        const to = components.of[graph.outTo[e]!]!;
        if (from !== to) yield [from, to];
      }
    }
  }
  return buildGraph(components.count, edges());
}
