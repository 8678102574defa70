import type { DescendingReach } from "./descending-reach.ts";
import type { Graph } from "./graph.ts";

/**
 * Interval labels after Yildirim, Chaoji and Zaki ("GRAIL", 2010), kept for several walks through the graph: a node is
 * numbered when the walk leaves it, and its interval reaches down to the lowest number among all that it leads to. If b's interval
 * is not inside a's in even one walk, a does not lead to b. If b was entered below a in a walk, it does. What is left open
 * is searched, never through a node that the labels rule out.
 */
interface Walk {
  /** Number given on leaving. */
  leave: Int32Array;
  /** Lowest `leave` of everything the node leads to, itself included. */
  low: Int32Array;
  /** Lowest `leave` of what was entered below the node: its subtree is exactly `treeLow … leave`. */
  treeLow: Int32Array;
}

type ChildOrder = "ascending" | "descending" | "scattered";

export function searchOf(graph: Graph): DescendingReach {
  const orders: ChildOrder[] = ["ascending", "descending", "scattered"];
  const walks = orders.map((order) => walk(graph, order));
  const seenIn = new Int32Array(graph.size);
  let question = 0;
  const stack: number[] = [];
  const possible = (from: number, to: number): boolean =>
    from > to && walks.every(({ leave, low }) => low[from]! <= low[to]! && leave[to]! < leave[from]!);
  const certain = (from: number, to: number): boolean =>
    walks.some(({ leave, treeLow }) => treeLow[from]! <= leave[to]! && leave[to]! < leave[from]!);
  return {
    reaches(start, to) {
      if (!possible(start, to)) return false;
      question++;
      stack.length = 0;
      stack.push(start);
      for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
        if (certain(node, to)) return true;
        for (let e = graph.outStart[node]!; e < graph.outStart[node + 1]!; e++) {
          const next = graph.outTo[e]!;
          if (next === to) return true;
          if (seenIn[next] === question) continue;
          seenIn[next] = question;
          if (possible(next, to)) stack.push(next);
        }
      }
      return false;
    },
  };
}

/** Depth first from every node that has no predecessor; only the order of the children differs between walks. */
function walk(graph: Graph, order: ChildOrder): Walk {
  const { size, outStart, outTo, inStart } = graph;
  const leave = new Int32Array(size).fill(-1);
  const low = new Int32Array(size);
  const treeLow = new Int32Array(size);
  const entered = new Uint8Array(size);
  const nextChild = new Int32Array(size);
  const path = new Int32Array(size);
  let left = 0;
  for (let i = size - 1; i >= 0; i--) {
    const root = order === "descending" ? size - 1 - i : i;
    if (entered[root] === 1 || inStart[root] !== inStart[root + 1]) continue;
    let depth = 0;
    const enter = (node: number): void => {
      entered[node] = 1;
      low[node] = treeLow[node] = left;
      path[depth++] = node;
    };
    enter(root);
    while (depth > 0) {
      const node = path[depth - 1]!;
      const degree = outStart[node + 1]! - outStart[node]!;
      const position = nextChild[node]!;
      if (position < degree) {
        nextChild[node] = position + 1;
        const child = outTo[outStart[node]! + childPosition({ order, node, position, degree })]!;
        if (entered[child] === 0) enter(child);
        else if (low[child]! < low[node]!) low[node] = low[child]!;
        continue;
      }
      leave[node] = left++;
      depth--;
      if (depth > 0) {
        const parent = path[depth - 1]!;
        if (low[node]! < low[parent]!) low[parent] = low[node]!;
      }
    }
  }
  return { leave, low, treeLow };
}

interface ChildChoice {
  order: ChildOrder;
  node: number;
  position: number;
  degree: number;
}

function childPosition({ order, node, position, degree }: ChildChoice): number {
  switch (order) {
    case "ascending":
      return position;
    case "descending":
      return degree - 1 - position;
    case "scattered": {
      // Start somewhere that depends on the node alone (Knuth's multiplicative hash), then go round.
      const start = (Math.imul(node, 0x9e3779b1) >>> 0) % degree;
      return (start + position) % degree;
    }
    default:
      return order satisfies never;
  }
}
