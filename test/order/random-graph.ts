import fc from "fast-check";
import { buildGraph, type Edge, type Graph } from "../../src/order/graph.ts";

export interface RandomGraph {
  size: number;
  edges: Edge[];
}

const sizes = { min: 1, max: 14 };

/** Any edges, cycles and repetitions included. */
export const anyGraph: fc.Arbitrary<RandomGraph> = fc.integer(sizes).chain((size) => {
  const node = fc.nat(size - 1);
  return fc.record({ size: fc.constant(size), edges: fc.array(fc.tuple(node, node), { maxLength: 3 * size }) });
});

/** Acyclic: edges follow a hidden numbering that is not the numbering of the nodes. */
export const acyclicGraph: fc.Arbitrary<RandomGraph> = anyGraph.chain(({ size, edges }) =>
  fc.shuffledSubarray([...Array(size).keys()], { minLength: size }).map((rank) => ({
    size,
    edges: edges.filter(([a, b]) => a !== b).map(([a, b]): Edge => (rank[a]! < rank[b]! ? [a, b] : [b, a])),
  })),
);

export function graphOf({ size, edges }: RandomGraph): Graph {
  return buildGraph(size, edges);
}

/** By the definition: `closure[a][b]` when a path of at least one edge leads from a to b (Warshall). */
export function naiveClosure({ size, edges }: RandomGraph): boolean[][] {
  const closure = Array.from({ length: size }, () => Array<boolean>(size).fill(false));
  for (const [a, b] of edges) closure[a]![b] = true;
  for (let k = 0; k < size; k++) {
    for (let a = 0; a < size; a++) {
      for (let b = 0; b < size; b++) if (closure[a]![k] && closure[k]![b]) closure[a]![b] = true;
    }
  }
  return closure;
}

export function edgesOf(graph: Graph): Edge[] {
  const edges: Edge[] = [];
  for (let a = 0; a < graph.size; a++) {
    for (let e = graph.outStart[a]!; e < graph.outStart[a + 1]!; e++) edges.push([a, graph.outTo[e]!]);
  }
  return edges;
}
