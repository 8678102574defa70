/** How the pipelines of a repository hang together: what starts what, and where nothing orders those that race. */

import type { Facts, Pipeline } from "../facts/facts.ts";
import type { Finding } from "../findings/finding.ts";
import type { Drawing, DrawnEdge, DrawnNode } from "../order/draw/drawing.ts";
import { Analysis, can } from "./analysis/analysis.ts";
import { lastingEffects } from "./analysis/purpose.ts";
import { withConclusion } from "./analysis/ways.ts";
import { fileName } from "./analysis/wording.ts";

export interface PipelineGraph {
  /** Events and pipelines with what is certain to come after what. Acyclic: what closes a circle is left to `races`. */
  readonly drawing: Drawing;
  /** Pairs that a finding says are not ordered, with its rule. */
  readonly races: readonly { readonly from: string; readonly to: string; readonly rule: string }[];
}

export function pipelineGraph(facts: Facts, findings: readonly Finding[]): PipelineGraph {
  const analysis = new Analysis(facts);
  const nodes = new Map<string, DrawnNode>();
  const edges = new Map<string, DrawnEdge>();
  const add = (edge: DrawnEdge): void => {
    const key = `${edge.from} ${edge.to}`;
    if (!edges.has(key) && !leads(edges, edge.to, edge.from)) edges.set(key, edge);
  };
  for (const pipeline of facts.pipelines)
    nodes.set(pipeline.id, { id: pipeline.id, label: labelOf(pipeline, findings) });
  for (const pipeline of facts.pipelines) {
    for (const way of analysis.ways(pipeline)) {
      if (way.upstream) {
        const kind = isGated(analysis, pipeline) ? "gate" : "order";
        add({ from: way.circumstances.upstream!.pipeline, to: pipeline.id, kind });
      } else if (way.start.cause.kind !== "call") {
        const id = `event ${way.start.event === "push" ? way.described : way.start.event}`;
        nodes.set(id, { id, label: id.slice("event ".length), group: "events" });
        add({ from: id, to: pipeline.id, kind: "order" });
      }
    }
    for (const job of pipeline.jobs) {
      if (job.file !== pipeline.id && facts.pipeline(job.file)) {
        add({ from: pipeline.id, to: job.file, kind: "hand-off", label: "calls" });
      }
    }
  }
  const events = [...nodes.values()].filter((node) => node.group);
  const pipelines = [...nodes.values()].filter((node) => !node.group);
  return { drawing: { nodes: [...events, ...pipelines], edges: [...edges.values()] }, races: racesOf(facts, findings) };
}

function labelOf({ id, name }: Pipeline, findings: readonly Finding[]): string {
  const count = findings.filter((finding) => finding.location.file === id).length;
  const title = name === id ? fileName(id) : `${name} (${fileName(id)})`;
  return count === 0 ? title : `${title} - ${count} finding${count === 1 ? "" : "s"}`;
}

/** Everything with an effect stops when the run before failed. */
function isGated(analysis: Analysis, pipeline: Pipeline): boolean {
  const ways = analysis.ways(pipeline).filter((way) => way.upstream);
  return pipeline.jobs
    .filter((job) => lastingEffects(job).length > 0)
    .every((job) => ways.every((way) => !can(job.runs(withConclusion(way, "failure").circumstances))));
}

function leads(edges: ReadonlyMap<string, DrawnEdge>, from: string, to: string): boolean {
  const open = [from];
  const seen = new Set<string>();
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at === to) return true;
    if (seen.has(at)) continue;
    seen.add(at);
    for (const edge of edges.values()) if (edge.from === at) open.push(edge.to);
  }
  return false;
}

function racesOf(facts: Facts, findings: readonly Finding[]): PipelineGraph["races"] {
  const races = new Map<string, PipelineGraph["races"][number]>();
  for (const { rule, location, related } of findings) {
    for (const place of related) {
      const [from, to] = [place.location.file, location.file];
      if (from === to || !facts.pipeline(from) || !facts.pipeline(to)) continue;
      races.set(`${from} ${to} ${rule}`, { from, to, rule });
    }
  }
  return [...races.values()];
}
