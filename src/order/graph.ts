/**
 * A directed graph over the nodes 0 … size-1, in typed arrays so that 100,000 nodes cost a few megabytes. An edge a -> b
 * reads "a before b". Built once, never changed. Neighbours are ascending and without repetition, so that whatever walks
 * them does not depend on the order in which edges were given.
 */
export interface Graph {
  readonly size: number;
  readonly edgeCount: number;
  /** The successors of `v` are `outTo[outStart[v]]` up to, without, `outTo[outStart[v + 1]]`. */
  readonly outStart: Int32Array;
  readonly outTo: Int32Array;
  /** The predecessors of `v`, in the same form. */
  readonly inStart: Int32Array;
  readonly inFrom: Int32Array;
}

export type Edge = readonly [from: number, to: number];

/** Repeated edges count once; an edge from a node to itself is kept (it is a cycle). Throws RangeError on an unknown node. */
export function buildGraph(size: number, edges: Iterable<Edge>): Graph {
  const list = new EdgeList(size);
  for (const [from, to] of edges) list.add(from, to);
  return graphOf(list);
}

/** As `buildGraph`. */
export function graphOf({ size, from, to, count }: EdgeList): Graph {
  // Two stable counting sorts, by target and then by source, leave the edges ordered by (source, target).
  const byTarget = countingSort({ keys: to, count, buckets: size });
  const sortedFrom = permute(from, byTarget);
  const sortedTo = permute(to, byTarget);
  const bySource = countingSort({ keys: sortedFrom, count, buckets: size });
  const outStart = new Int32Array(size + 1);
  const inStart = new Int32Array(size + 1);
  const outTo = new Int32Array(count);
  let kept = 0;
  let lastFrom = -1;
  let lastTo = -1;
  for (const position of bySource) {
    const a = sortedFrom[position]!;
    const b = sortedTo[position]!;
    if (a === lastFrom && b === lastTo) continue;
    lastFrom = a;
    lastTo = b;
    outTo[kept++] = b;
    outStart[a + 1]!++;
    inStart[b + 1]!++;
  }
  prefixSums(outStart);
  prefixSums(inStart);
  const inFrom = new Int32Array(kept);
  const nextIn = inStart.slice();
  for (let a = 0; a < size; a++) {
    for (let e = outStart[a]!; e < outStart[a + 1]!; e++) inFrom[nextIn[outTo[e]!]!++] = a;
  }
  return { size, edgeCount: kept, outStart, outTo: outTo.subarray(0, kept), inStart, inFrom };
}

/** Ascending. A view, not a copy. */
export function successors(graph: Graph, node: number): Int32Array {
  return graph.outTo.subarray(graph.outStart[node]!, graph.outStart[node + 1]!);
}

/** Ascending. A view, not a copy. */
export function predecessors(graph: Graph, node: number): Int32Array {
  return graph.inFrom.subarray(graph.inStart[node]!, graph.inStart[node + 1]!);
}

/** Edges that are found one by one, in a few megabytes for a million. */
export class EdgeList {
  readonly size: number;
  from = new Int32Array(1024);
  to = new Int32Array(1024);
  count = 0;

  /** Of a graph of so many nodes. */
  constructor(size: number) {
    this.size = size;
  }

  /** @throws {RangeError} on an unknown node */
  add(from: number, to: number): void {
    if (!isNode(from, this.size) || !isNode(to, this.size)) {
      throw new RangeError(`edge ${from} -> ${to} leaves the graph of ${this.size} nodes`);
    }
    if (this.count === this.from.length) {
      this.from = grow(this.from);
      this.to = grow(this.to);
    }
    this.from[this.count] = from;
    this.to[this.count++] = to;
  }
}

/** Every edge the other way round. */
export function transposed({ size, edgeCount, outStart, outTo, inStart, inFrom }: Graph): Graph {
  return { size, edgeCount, outStart: inStart, outTo: inFrom, inStart: outStart, inFrom: outTo };
}

function isNode(value: number, size: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < size;
}

function grow(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}

/** Positions 0 … count-1 in ascending order of their key, stable. */
function countingSort({ keys, count, buckets }: { keys: Int32Array; count: number; buckets: number }): Int32Array {
  const next = new Int32Array(buckets + 1);
  for (let i = 0; i < count; i++) next[keys[i]! + 1]!++;
  prefixSums(next);
  const positions = new Int32Array(count);
  for (let i = 0; i < count; i++) positions[next[keys[i]!]!++] = i;
  return positions;
}

function permute(values: Int32Array, positions: Int32Array): Int32Array {
  const permuted = new Int32Array(positions.length);
  for (let i = 0; i < positions.length; i++) permuted[i] = values[positions[i]!]!;
  return permuted;
}

function prefixSums(counts: Int32Array): void {
  for (let i = 1; i < counts.length; i++) counts[i]! += counts[i - 1]!;
}
