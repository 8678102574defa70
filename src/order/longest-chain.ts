import { criticalPath } from "./critical-path.ts";
import { graphByNames } from "./keyed-graph.ts";

export interface After {
  readonly id: string;
  /** Ids that come before it. */
  readonly after: readonly string[];
}

/** The critical path of things that name what comes before them, first to last. Throws on a cycle and on an unknown name. */
export function longestChain<T extends After>(nodes: readonly T[], durationMs: (node: T) => number): T[] {
  const graph = graphByNames(nodes, { nameOf: ({ id }) => id, before: ({ after }) => after, unknown: "refused" });
  return criticalPath(graph, Float64Array.from(nodes, durationMs)).path.map((node) => nodes[node]!);
}
