import type { Graph } from "./graph.ts";
import { graphByNames } from "./keyed-graph.ts";

/**
 * All nodes, each after its predecessors; among those that are free the smallest comes first, so the answer is one and
 * follows the given numbering as closely as the edges allow. Throws on a cycle: look for those first (`findCycles`).
 */
export function topologicalOrder(graph: Graph): Int32Array {
  const { size, outStart, outTo, inStart } = graph;
  const waitingFor = new Int32Array(size);
  const free = new SmallestFirst(size);
  for (let node = 0; node < size; node++) {
    waitingFor[node] = inStart[node + 1]! - inStart[node]!;
    if (waitingFor[node] === 0) free.add(node);
  }
  const order = new Int32Array(size);
  let count = 0;
  while (free.count > 0) {
    const node = free.take();
    order[count++] = node;
    for (let e = outStart[node]!; e < outStart[node + 1]!; e++) {
      const next = outTo[e]!;
      if (--waitingFor[next]! === 0) free.add(next);
    }
  }
  if (count < size) throw new Error("the graph has a cycle, so it has no topological order");
  return order;
}

/**
 * Things after those they name; what no edge moves keeps its place. Names that none of the things has are passed over;
 * throws on a cycle, and on two things of one name.
 */
export function inOrder<T extends { readonly name: string }>(
  things: readonly T[],
  before: (thing: T) => Iterable<string>,
): T[] {
  const graph = graphByNames(things, { nameOf: ({ name }) => name, before, unknown: "passed over" });
  return Array.from(topologicalOrder(graph), (index) => things[index]!);
}

/** For each node the number of edges on the longest path that leads to it: what can start at the same time is in one layer. */
export function layers(graph: Graph): Int32Array {
  const { outStart, outTo } = graph;
  const layer = new Int32Array(graph.size);
  for (const node of topologicalOrder(graph)) {
    const below = layer[node]! + 1;
    for (let e = outStart[node]!; e < outStart[node + 1]!; e++) {
      const next = outTo[e]!;
      if (layer[next]! < below) layer[next] = below;
    }
  }
  return layer;
}

/** A binary heap of numbers with room for `capacity`. */
class SmallestFirst {
  readonly #items: Int32Array;
  count = 0;

  constructor(capacity: number) {
    this.#items = new Int32Array(capacity);
  }

  add(item: number): void {
    const items = this.#items;
    let hole = this.count++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (items[parent]! <= item) break;
      items[hole] = items[parent]!;
      hole = parent;
    }
    items[hole] = item;
  }

  take(): number {
    const items = this.#items;
    const smallest = items[0]!;
    const moved = items[--this.count]!;
    let hole = 0;
    for (;;) {
      let child = hole * 2 + 1;
      if (child >= this.count) break;
      if (child + 1 < this.count && items[child + 1]! < items[child]!) child++;
      if (items[child]! >= moved) break;
      items[hole] = items[child]!;
      hole = child;
    }
    items[hole] = moved;
    return smallest;
  }
}
