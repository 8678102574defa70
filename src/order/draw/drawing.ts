/** A graph with words on it, ready to be drawn. Nodes and edges keep the order given, so the same drawing gives the same bytes. */
export interface Drawing {
  nodes: readonly DrawnNode[];
  edges: readonly DrawnEdge[];
}

export interface DrawnNode {
  /** Unique; any text. */
  id: string;
  label: string;
  /** Nodes of one group are framed together, such as a pipeline in an environment. */
  group?: string;
  state?: NodeState;
  /** Behind the label, where there is room: in text. */
  note?: string;
}

export type NodeState = "run" | "reuse" | "skip" | "waiting" | "running" | "succeeded" | "failed" | "cancelled";

export interface DrawnEdge {
  from: string;
  to: string;
  /** `gate`: the second needs the success of the first. `order`: it only comes after. `hand-off`: it also takes something over. */
  kind: EdgeKind;
  label?: string;
}

export type EdgeKind = "gate" | "order" | "hand-off";

/** `key` is fit for the languages that know no free names; groups come in the order of their first node, nodes without one last. */
export interface DrawingLayout {
  keyOf: ReadonlyMap<string, string>;
  groups: readonly { name: string; nodes: readonly DrawnNode[] }[];
  loose: readonly DrawnNode[];
}

/** Throws RangeError when an edge names a node that is not drawn, or two nodes have one id. */
export function layOut({ nodes, edges }: Drawing): DrawingLayout {
  const keyOf = new Map<string, string>();
  const groups = new Map<string, DrawnNode[]>();
  const loose: DrawnNode[] = [];
  for (const node of nodes) {
    if (keyOf.has(node.id)) throw new RangeError(`node ${node.id} is drawn twice`);
    keyOf.set(node.id, `n${keyOf.size}`);
    if (node.group === undefined) loose.push(node);
    else if (groups.has(node.group)) groups.get(node.group)!.push(node);
    else groups.set(node.group, [node]);
  }
  for (const { from, to } of edges) {
    for (const end of [from, to]) if (!keyOf.has(end)) throw new RangeError(`an edge names ${end}, which is not drawn`);
  }
  return { keyOf, groups: Array.from(groups, ([name, members]) => ({ name, nodes: members })), loose };
}

/** One colour for each state, the same in every drawing. */
export const stateColours: Readonly<Record<NodeState, { fill: string; line: string }>> = {
  run: { fill: "#dbeafe", line: "#1d4ed8" },
  reuse: { fill: "#f1f5f9", line: "#475569" },
  skip: { fill: "#ffffff", line: "#94a3b8" },
  waiting: { fill: "#fef9c3", line: "#a16207" },
  running: { fill: "#bfdbfe", line: "#1e40af" },
  succeeded: { fill: "#dcfce7", line: "#15803d" },
  failed: { fill: "#fee2e2", line: "#b91c1c" },
  cancelled: { fill: "#e7e5e4", line: "#57534e" },
};
