import { buildGraph, type Edge, type Graph } from "./graph.ts";

/** A graph whose nodes have names (or any other keys): node `i` is `keys[i]`. */
export interface KeyedGraph<K> {
  readonly keys: readonly K[];
  readonly indexOf: ReadonlyMap<K, number>;
  readonly graph: Graph;
}

/**
 * Numbers the nodes in the order given, which is also the order of preference wherever several answers are right. Throws
 * RangeError on a repeated key and on an edge to an unknown one.
 */
export function buildKeyedGraph<K>(keys: Iterable<K>, edges: Iterable<readonly [from: K, to: K]>): KeyedGraph<K> {
  const list = [...keys];
  const indexOf = new Map<K, number>();
  for (const key of list) {
    if (indexOf.has(key)) throw new RangeError(`node ${String(key)} is given twice`);
    indexOf.set(key, indexOf.size);
  }
  const find = (key: K): number => {
    const index = indexOf.get(key);
    if (index === undefined) throw new RangeError(`an edge names ${String(key)}, which is no node`);
    return index;
  };
  function* indexed(): Generator<Edge> {
    for (const [from, to] of edges) yield [find(from), find(to)];
  }
  return { keys: list, indexOf, graph: buildGraph(list.length, indexed()) };
}

/** Keys of a list of nodes, such as a cycle or a path. */
export function keysOf<K>(keyed: KeyedGraph<K>, nodes: Iterable<number>): K[] {
  return Array.from(nodes, (node) => keyed.keys[node]!);
}
