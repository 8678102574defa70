import { buildKeyedGraph } from "../../../order/keyed-graph.ts";
import { topologicalOrder } from "../../../order/topological.ts";

/** Things after those they name; what no edge moves keeps its place. */
export function inOrder<T extends { name: string }>(
  things: readonly T[],
  before: (thing: T) => readonly string[],
): T[] {
  const named = new Map(things.map((thing) => [thing.name, thing]));
  const edges = things.flatMap((thing) =>
    before(thing).flatMap((name): [T, T][] => {
      const earlier = named.get(name);
      return earlier === undefined ? [] : [[earlier, thing]];
    }),
  );
  const { graph } = buildKeyedGraph(things, edges);
  return Array.from(topologicalOrder(graph), (index) => things[index]!);
}
