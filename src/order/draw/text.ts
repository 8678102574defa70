import { predecessors, successors } from "../graph.ts";
import { buildKeyedGraph, type KeyedGraph } from "../keyed-graph.ts";
import { layers } from "../topological.ts";
import { type Drawing, type DrawnNode, layOut } from "./drawing.ts";

/**
 * For terminals: every node below what it waits for. A node that several others lead to is unfolded once, below the first of them,
 * and marked `↑` elsewhere. Nodes that nothing leads to are the roots; throws on a cycle.
 *
 *     infra.apply
 *     └─ web.build
 *        └─ web.deploy
 *     web.test
 *     └─ web.build ↑
 */
export function drawTree(drawing: Drawing): string {
  const keyed = keyedGraph(drawing);
  layers(keyed.graph);
  const lines: string[] = [];
  const unfolded = new Uint8Array(drawing.nodes.length);
  const stack = drawing.nodes
    .map((_, node) => ({ node, indent: "", branch: "", below: "" }))
    .filter(({ node }) => predecessors(keyed.graph, node).length === 0)
    .reverse();
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
    const { node, indent, branch, below } = item;
    const isRepeated = unfolded[node] === 1;
    const after = successors(keyed.graph, node);
    lines.push(`${indent}${branch}${described(drawing.nodes[node]!)}${isRepeated ? " ↑" : ""}\n`);
    if (isRepeated) continue;
    unfolded[node] = 1;
    for (let i = after.length - 1; i >= 0; i--) {
      const isLast = i === after.length - 1;
      const ends = isLast ? { branch: "└─ ", below: "   " } : { branch: "├─ ", below: "│  " };
      stack.push({ node: after[i]!, indent: indent + below, ...ends });
    }
  }
  return lines.join("");
}

function keyedGraph(drawing: Drawing): KeyedGraph<string> {
  layOut(drawing);
  return buildKeyedGraph(
    drawing.nodes.map(({ id }) => id),
    drawing.edges.map(({ from, to }) => [from, to] as const),
  );
}

function described({ label, state, note }: DrawnNode): string {
  return [plain(label), state && `(${state})`, note && plain(note)].filter((part) => part).join(" ");
}

/** A label is one line and cannot steer the terminal. */
function plain(label: string): string {
  return label.replace(/\s+/gu, " ").replace(/\p{Cc}/gu, "\ufffd");
}
