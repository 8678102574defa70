import { ownersIn } from "../../check/graph/owners.ts";
import { type PipelineGraph, pipelineGraph } from "../../check/graph/pipeline-graph.ts";
import { type ReplayMoment, replayMoments } from "../../check/graph/replay-moments.ts";
import type { Kind } from "../../check/rule.ts";
import { rules } from "../../check/rules.ts";
import type { Finding, Location } from "../../findings/finding.ts";
import { createFingerprints } from "../../findings/fingerprint.ts";
import type { CheckedRepository } from "../local/check-repository.ts";

/** What `check` finds in the workflows and pipelines of the repository, drawn on the graph of all their jobs. */
export interface FindingsView {
  version: 1;
  /** How many workflows and pipelines were read, and by how many rules. */
  workflows: number;
  pipelines: number;
  rules: number;
  /** Accepted where they stand, and left out. */
  suppressed: number;
  graph: FindingsGraph;
  findings: FindingView[];
}

export interface FindingsGraph {
  /** Events, pipelines, and their jobs or actions. */
  nodes: { id: string; label: string; group?: string }[];
  /** Acyclic. `gate`: needs its success; `order`: only comes after; `hand-off`: takes something over as well. */
  edges: { from: string; to: string; kind: "gate" | "order" | "hand-off"; label?: string }[];
}

export interface PlaceView {
  file: string;
  line: number;
  column: number;
}

export interface FindingView {
  /** The same for as long as the line and the rule are. */
  id: string;
  rule: string;
  /** Of rules about pipelines; absent where the file itself is wrong. */
  kind?: Kind;
  title?: string;
  severity: Finding["severity"];
  confidence: Finding["confidence"];
  message: string;
  at: PlaceView;
  related: (PlaceView & { message: string })[];
  /** The order of events that breaks, one a line; empty where no order is needed to show it. */
  schedule: string[];
  why: string;
  help: string;
  url?: string;
  /** Of the graph: both sides of it. */
  nodes: string[];
  /** How it was carried out, up to the bad end; empty where nothing had to be. */
  replay: ReplayMoment[];
}

/** So many moments are shown of one; what is longer leaves out what happens on the way. */
const mostMoments = 200;

export function findingsView({ repository, findings, replayed, suppressed }: CheckedRepository): FindingsView {
  const { facts, sources, workflows, pipelines } = repository;
  const graph = graphOf(pipelineGraph(facts, { findings: [], detail: "jobs" }));
  const known = new Set(graph.nodes.map(({ id }) => id));
  const idOf = createFingerprints(sources);
  const ownerOf = ownersIn(facts);
  const about = new Map(rules.map(({ id, kind, title }) => [id, { kind, title }]));
  return {
    version: 1,
    workflows,
    pipelines,
    rules: rules.length,
    suppressed,
    graph,
    findings: findings.map((finding) => {
      const { rule, severity, confidence, message, location, related, schedule, why, help, url } = finding;
      const how = replayed.get(finding);
      const replay = how === undefined ? [] : shortened(replayMoments(facts, how));
      const sides = replay.flatMap(({ isKey, node }) => (isKey && node !== undefined ? [node] : []));
      const owners = [location, ...related.map((one) => one.location)].map(ownerOf);
      const nodes = (sides.length > 0 ? sides : owners).filter((node) => node !== undefined && known.has(node));
      return {
        id: idOf(finding),
        rule,
        ...about.get(rule),
        severity,
        confidence,
        message,
        at: placeOf(location),
        related: related.map((one) => ({ ...placeOf(one.location), message: one.message })),
        schedule: [...schedule],
        why,
        help,
        ...(url !== undefined && { url }),
        nodes: innermost(new Set(nodes as string[])),
        replay,
      };
    }),
  };
}

/** Where a job is meant, its pipeline goes without saying. */
function innermost(nodes: ReadonlySet<string>): string[] {
  const isAround = (node: string, other: string) => other.startsWith(`${node}#`) || other.startsWith(`${node}/`);
  return [...nodes].filter((node) => ![...nodes].some((other) => isAround(node, other)));
}

const placeOf = ({ file, line, column }: Location): PlaceView => ({ file, line, column });

function shortened(moments: ReplayMoment[]): ReplayMoment[] {
  return moments.length <= mostMoments ? moments : moments.filter(({ isKey }) => isKey).slice(0, mostMoments);
}

function graphOf({ drawing: { nodes, edges } }: PipelineGraph): FindingsGraph {
  return {
    nodes: nodes.map(({ id, label, group }) => ({ id, label, ...(group !== undefined && { group }) })),
    edges: edges.map(({ from, to, kind, label }) => ({ from, to, kind, ...(label !== undefined && { label }) })),
  };
}
