import { EdgeList, type Graph, graphOf } from "./graph.ts";

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
  const indexOf = numbered(list);
  const find = (key: K): number => {
    const index = indexOf.get(key);
    if (index === undefined) throw new RangeError(`an edge names ${String(key)}, which is no node`);
    return index;
  };
  const found = new EdgeList(list.length);
  for (const [from, to] of edges) found.add(find(from), find(to));
  return { keys: list, indexOf, graph: graphOf(found) };
}

/**
 * The graph of things that each name what comes before them; node `i` is `things[i]`. Throws RangeError on a name that two of them
 * have, and on one that none has unless those are passed over.
 */
export function graphByNames<T>(things: readonly T[], { nameOf, before, unknown }: NamedOrder<T>): Graph {
  const indexOf = numbered(things.map(nameOf));
  const edges = new EdgeList(things.length);
  for (const [to, thing] of things.entries()) {
    for (const name of before(thing)) {
      const from = indexOf.get(name);
      if (from !== undefined) edges.add(from, to);
      else if (unknown === "refused") throw new RangeError(`an edge names ${name}, which is no node`);
    }
  }
  return graphOf(edges);
}

export interface NamedOrder<T> {
  nameOf(thing: T): string;
  before(thing: T): Iterable<string>;
  unknown: "passed over" | "refused";
}

function numbered<K>(keys: readonly K[]): Map<K, number> {
  const indexOf = new Map<K, number>();
  for (const key of keys) {
    if (indexOf.has(key)) throw new RangeError(`node ${String(key)} is given twice`);
    indexOf.set(key, indexOf.size);
  }
  return indexOf;
}

/** Keys of a list of nodes, such as a cycle or a path. */
export function keysOf<K>(keyed: KeyedGraph<K>, nodes: Iterable<number>): K[] {
  return Array.from(nodes, (node) => keyed.keys[node]!);
}
