import { type Drawing, type DrawnNode, type EdgeKind, layOut, stateColours } from "./drawing.ts";

/** A graph for Graphviz: `dot -Tsvg`. */
export function drawDot(drawing: Drawing): string {
  const { keyOf, groups, loose } = layOut(drawing);
  const lines = [
    "digraph order {",
    "  rankdir=LR;",
    '  node [shape=box, style="rounded,filled", fillcolor="#ffffff", fontname="sans-serif"];',
  ];
  const addNode = ({ id, label, state }: DrawnNode, indent: string): void => {
    const look =
      state === undefined ? "" : `, fillcolor="${stateColours[state].fill}", color="${stateColours[state].line}"`;
    const dashed = state === "skip" ? ', style="rounded,filled,dashed"' : "";
    lines.push(`${indent}${keyOf.get(id)} [label="${quoted(label)}"${look}${dashed}];`);
  };
  groups.forEach(({ name, nodes }, i) => {
    // Graphviz frames a subgraph only when its name starts with "cluster".
    lines.push(`  subgraph cluster_${i} {`, `    label="${quoted(name)}";`);
    for (const node of nodes) addNode(node, "    ");
    lines.push("  }");
  });
  for (const node of loose) addNode(node, "  ");
  for (const { from, to, kind, label } of drawing.edges) {
    const attributes = [...line(kind), ...(label === undefined ? [] : [`label="${quoted(label)}"`])];
    const list = attributes.length === 0 ? "" : ` [${attributes.join(", ")}]`;
    lines.push(`  ${keyOf.get(from)} -> ${keyOf.get(to)}${list};`);
  }
  return `${[...lines, "}"].join("\n")}\n`;
}

function line(kind: EdgeKind): string[] {
  switch (kind) {
    case "gate":
      return [];
    case "order":
      return ["style=dashed"];
    case "hand-off":
      return ["style=bold"];
    default:
      return kind satisfies never;
  }
}

/**
 * Inside quotes a backslash starts an escape of a label (`\n`, `\N` for the node's name), and `&` an HTML entity. Control
 * characters cannot be drawn.
 */
function quoted(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("\n", "\\n")
    .replace(/\p{Cc}/gu, "\ufffd");
}
