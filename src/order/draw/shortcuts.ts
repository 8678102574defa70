import type { Drawing } from "./drawing.ts";

/**
 * The drawing without hand-offs inside of a group that skip what lies between: a tree would show their targets again and
 * again, and the order is the same without them.
 */
export function withoutShortcuts(drawing: Drawing): Drawing {
  const groupOf = new Map(drawing.nodes.map(({ id, group }) => [id, group]));
  const after = Map.groupBy(drawing.edges, ({ from }) => from);
  const edges = drawing.edges.filter((edge) => {
    const { from, to, kind } = edge;
    if (kind !== "hand-off" || groupOf.get(from) === undefined || groupOf.get(from) !== groupOf.get(to)) return true;
    const open = (after.get(from) ?? []).filter((each) => each !== edge).map((each) => each.to);
    const seen = new Set<string>();
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (at === to) return false;
      if (seen.has(at)) continue;
      seen.add(at);
      for (const each of after.get(at) ?? []) open.push(each.to);
    }
    return true;
  });
  return { ...drawing, edges };
}
