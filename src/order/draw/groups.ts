import { type Drawing, type DrawnEdge, layOut } from "./drawing.ts";
import { drawTree } from "./text.ts";

/**
 * For terminals: each group with a tree of its own, so that a chain of groups does not become one deep tree. What a node
 * waits for in another group stands behind it. `told` says what is between groups as a whole, by the name of the group;
 * edges between two groups that both have such words are not repeated at each node.
 *
 *     dev
 *       infra.apply
 *       └─ web.deploy ← web.build
 *     test, after dev
 *       infra.apply
 */
export function drawGroups(drawing: Drawing, told: ReadonlyMap<string, string> = new Map()): string {
  const { groups, loose } = layOut(drawing);
  const groupOf = new Map(drawing.nodes.map(({ id, group }) => [id, group]));
  const labels = new Map(drawing.nodes.map(({ id, label }) => [id, label]));
  const isTold = (group: string | undefined) => group !== undefined && told.has(group);
  const isInside = ({ from, to }: DrawnEdge) => groupOf.get(from) === groupOf.get(to);
  const from = new Map<string, string[]>();
  for (const edge of drawing.edges) {
    if (isInside(edge) || (isTold(groupOf.get(edge.from)) && isTold(groupOf.get(edge.to)))) continue;
    from.set(edge.to, [...(from.get(edge.to) ?? []), labels.get(edge.from)!]);
  }
  const parts = [...groups, ...(loose.length > 0 ? [{ name: "", nodes: loose }] : [])];
  return parts
    .map(({ name, nodes }) => {
      const ids = new Set(nodes.map(({ id }) => id));
      const tree = drawTree({
        nodes: nodes.map((node) => ({ ...node, ...behind(from.get(node.id)) })),
        edges: drawing.edges.filter((edge) => ids.has(edge.from) && ids.has(edge.to)),
      });
      return name === "" ? tree : `${name}${told.get(name) ?? ""}\n${tree.replace(/^/gm, "  ").trimEnd()}\n`;
    })
    .join("\n");
}

const behind = (names: readonly string[] | undefined) => (names === undefined ? {} : { note: `← ${names.join(", ")}` });
