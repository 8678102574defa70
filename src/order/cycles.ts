import { type Graph, successors } from "./graph.ts";

/** `of[v]` is the component of node `v`; a component's number is greater than those of all components it leads to. */
export interface Components {
  readonly count: number;
  readonly of: Int32Array;
}

/** Strongly connected components after Tarjan, with an explicit stack so that a chain of 100,000 nodes does not overflow. */
export function stronglyConnected(graph: Graph): Components {
  const { size, outStart, outTo } = graph;
  const of = new Int32Array(size).fill(-1);
  const order = new Int32Array(size).fill(-1);
  const low = new Int32Array(size);
  const nextEdge = new Int32Array(size);
  const open = new Int32Array(size);
  const path = new Int32Array(size);
  let openCount = 0;
  let visited = 0;
  let count = 0;
  const enter = (node: number): void => {
    order[node] = low[node] = visited++;
    nextEdge[node] = outStart[node]!;
    open[openCount++] = node;
  };
  for (let root = 0; root < size; root++) {
    if (order[root] !== -1) continue;
    let depth = 0;
    path[depth++] = root;
    enter(root);
    while (depth > 0) {
      const node = path[depth - 1]!;
      const edge = nextEdge[node]!;
      if (edge < outStart[node + 1]!) {
        nextEdge[node] = edge + 1;
        const next = outTo[edge]!;
        if (order[next] === -1) {
          path[depth++] = next;
          enter(next);
        } else if (of[next] === -1 && order[next]! < low[node]!) low[node] = order[next]!;
        continue;
      }
      depth--;
      if (depth > 0) {
        const parent = path[depth - 1]!;
        if (low[node]! < low[parent]!) low[parent] = low[node]!;
      }
      if (low[node] === order[node]) {
        let member: number;
        do {
          member = open[--openCount]!;
          of[member] = count;
        } while (member !== node);
        count++;
      }
    }
  }
  return { count, of };
}

/** Above this many visited edges in one component the shortest cycle seen so far is taken. */
const searchLimit = 4_000_000;

/**
 * One cycle for each knot of the graph, the shortest there is (in a knot too big to search through: a short one). It
 * starts at its smallest node, so the same graph gives the same text however it was written down; the edge back to the
 * start is left out. Empty: the graph is an order.
 */
export function findCycles(graph: Graph): number[][] {
  const components = stronglyConnected(graph);
  const members: number[][] = Array.from({ length: components.count }, () => []);
  for (let node = 0; node < graph.size; node++) members[components.of[node]!]!.push(node);
  const search = { parent: new Int32Array(graph.size), seenAt: new Int32Array(graph.size).fill(-1) };
  const cycles: number[][] = [];
  for (const knot of members) {
    if (knot.length === 1 && !successors(graph, knot[0]!).includes(knot[0]!)) continue;
    cycles.push(startAtSmallest(shortestCycle({ graph, components, knot, search })));
  }
  return cycles.sort((a, b) => a[0]! - b[0]!);
}

interface CycleSearch {
  graph: Graph;
  components: Components;
  knot: readonly number[];
  search: { parent: Int32Array; seenAt: Int32Array };
}

/** Breadth first from each node of the knot, never deeper than the best cycle known. */
function shortestCycle({ graph, components, knot, search }: CycleSearch): number[] {
  const component = components.of[knot[0]!]!;
  let best: number[] = [];
  let work = 0;
  for (const start of knot) {
    let level = [start];
    search.seenAt[start] = start;
    for (let length = 1; level.length > 0 && (best.length === 0 || length < best.length); length++) {
      const nextLevel: number[] = [];
      for (const node of level) {
        for (const next of successors(graph, node)) {
          work++;
          if (next === start && (best.length === 0 || length < best.length)) best = pathTo(search.parent, start, node);
          if (components.of[next] !== component || search.seenAt[next] === start) continue;
          search.seenAt[next] = start;
          search.parent[next] = node;
          nextLevel.push(next);
        }
      }
      level = nextLevel;
    }
    if (best.length === 1 || work > searchLimit) break;
  }
  return best;
}

function pathTo(parent: Int32Array, start: number, end: number): number[] {
  const path = [end];
  for (let node = end; node !== start; ) {
    node = parent[node]!;
    path.push(node);
  }
  return path.reverse();
}

function startAtSmallest(cycle: number[]): number[] {
  let smallest = 0;
  for (let i = 1; i < cycle.length; i++) if (cycle[i]! < cycle[smallest]!) smallest = i;
  return [...cycle.slice(smallest), ...cycle.slice(0, smallest)];
}
