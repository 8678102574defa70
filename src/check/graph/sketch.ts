import type { Drawing, DrawnEdge, DrawnNode, EdgeKind } from "../../order/draw/drawing.ts";

/** Strongest last: an edge that is added twice keeps the stronger kind. */
const strength: readonly EdgeKind[] = ["order", "gate", "hand-off"];

/** A drawing in the making: acyclic, each edge once. */
export class Sketch {
  private readonly events = new Map<string, DrawnNode>();
  private readonly nodes = new Map<string, DrawnNode>();
  private readonly edges = new Map<string, DrawnEdge>();
  private readonly after = new Map<string, string[]>();

  /** Something from outside, by its words. */
  event(label: string): string {
    const id = `event ${label}`;
    this.events.set(id, { id, label, group: "events" });
    return id;
  }

  node(node: DrawnNode): string {
    this.nodes.set(node.id, node);
    return node.id;
  }

  /** What would close a circle is left out. */
  edge(edge: DrawnEdge): void {
    const key = JSON.stringify([edge.from, edge.to]);
    const known = this.edges.get(key);
    if (known) {
      const kind = strength[Math.max(strength.indexOf(known.kind), strength.indexOf(edge.kind))]!;
      const labels = new Set([known.label, edge.label].filter((each) => each !== undefined));
      this.edges.set(key, { ...known, kind, ...(labels.size === 0 ? {} : { label: [...labels].join(", ") }) });
    } else if (!this.leads(edge.to, edge.from)) {
      this.edges.set(key, edge);
      this.after.set(edge.from, [...(this.after.get(edge.from) ?? []), edge.to]);
    }
  }

  drawing(): Drawing {
    return { nodes: [...this.events.values(), ...this.nodes.values()], edges: [...this.edges.values()] };
  }

  private leads(from: string, to: string): boolean {
    const open = [from];
    const seen = new Set<string>();
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (at === to) return true;
      if (seen.has(at)) continue;
      seen.add(at);
      open.push(...(this.after.get(at) ?? []));
    }
    return false;
  }
}

/** Where the drawing of one pipeline begins and ends. */
export interface Ends {
  readonly entry: string;
  readonly exits: readonly string[];
}

export type Detail = "pipelines" | "jobs";
