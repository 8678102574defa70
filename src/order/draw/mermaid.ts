import { type Drawing, type DrawnNode, type EdgeKind, layOut, type NodeState, stateColours } from "./drawing.ts";

/** A mermaid flowchart, left to right, as GitHub shows it in a fenced block. */
export function drawMermaid(drawing: Drawing): string {
  const { keyOf, groups, loose } = layOut(drawing);
  const lines = ["flowchart LR"];
  const addNode = ({ id, label, state }: DrawnNode, indent: string): void => {
    lines.push(`${indent}${keyOf.get(id)}["${quoted(label)}"]${state === undefined ? "" : `:::${state}`}`);
  };
  groups.forEach(({ name, nodes }, i) => {
    lines.push(`  subgraph g${i}["${quoted(name)}"]`);
    for (const node of nodes) addNode(node, "    ");
    lines.push("  end");
  });
  for (const node of loose) addNode(node, "  ");
  for (const { from, to, kind, label } of drawing.edges) {
    const text = label === undefined ? "" : `|"${quoted(label)}"|`;
    lines.push(`  ${keyOf.get(from)} ${arrow(kind)}${text} ${keyOf.get(to)}`);
  }
  const used = new Set(drawing.nodes.flatMap(({ state }) => (state === undefined ? [] : [state])));
  for (const [state, { fill, line }] of Object.entries(stateColours)) {
    if (used.has(state as NodeState)) lines.push(`  classDef ${state} fill:${fill},stroke:${line},color:#0f172a`);
  }
  return `${lines.join("\n")}\n`;
}

function arrow(kind: EdgeKind): string {
  switch (kind) {
    case "gate":
      return "-->";
    case "order":
      return "-.->";
    case "hand-off":
      return "==>";
    default:
      return kind satisfies never;
  }
}

/** Inside quotes mermaid still reads entities, HTML and markdown; a number entity stands for the character in all of them. */
function quoted(text: string): string {
  return text
    .replace(/[^\p{L}\p{N} .,:@/_()=+-]/gu, (character) => `#${character.codePointAt(0)};`)
    .replaceAll("__", "#95;#95;");
}
