/** How the pipelines of a repository hang together: what starts what, and where nothing orders those that race. */

import type { Facts, Start } from "../../facts/facts.ts";
import { type StagedPipeline, stagedPipelines } from "../../facts/stages.ts";
import type { Finding } from "../../findings/finding.ts";
import type { Drawing } from "../../order/draw/drawing.ts";
import { Analysis } from "../analysis/analysis.ts";
import type { Kind } from "../rule.ts";
import { rules } from "../rules.ts";
import { countOf, type OwnerOf, ownersIn } from "./owners.ts";
import { drawPipeline } from "./pipelines.ts";
import { sourceName } from "./push-words.ts";
import { type Detail, Sketch } from "./sketch.ts";
import { drawStarts } from "./starts.ts";

export interface PipelineGraph {
  /** Events and pipelines with what is certain to come after what. Acyclic: what closes a circle is left to `races`. */
  readonly drawing: Drawing;
  /** Pairs that a finding says are not ordered, with its rule. */
  readonly races: readonly { readonly from: string; readonly to: string; readonly rule: string }[];
}

export interface GraphOptions {
  readonly findings: readonly Finding[];
  /** Workflows as one node each and pipelines stage by stage, or the jobs and actions of all of them. */
  readonly detail: Detail;
}

export function pipelineGraph(facts: Facts, { findings, detail }: GraphOptions): PipelineGraph {
  const ownerOf = ownersIn(facts);
  const labelOf = ({ id }: { readonly id: string }, title: string) => title + countOf(id, findings, ownerOf);
  const sketch = new Sketch();
  const ends = new Map(
    facts.pipelines.map((pipeline) => [pipeline.id, drawPipeline(sketch, pipeline, { detail, labelOf })]),
  );
  const drawing = { facts, analysis: new Analysis(facts), detail, ends, home: homeOf(facts, stagedPipelines(facts)) };
  for (const pipeline of facts.pipelines) drawStarts(sketch, pipeline, drawing);
  return { drawing: sketch.drawing(), races: racesOf(findings, ownerOf) };
}

/** The one repository that everything is about: it need not be named at every event. */
function homeOf({ pipelines, repository }: Facts, staged: readonly StagedPipeline[]): string | undefined {
  const sources = staged.flatMap(({ starts }) => starts.flatMap(gitSource));
  const [first, ...others] = [...new Set(sources)];
  if (first === undefined || others.length > 0) return undefined;
  const isForeign =
    pipelines.length > staged.length && repository !== undefined && repository.toLowerCase() !== first.toLowerCase();
  return isForeign ? undefined : first;
}

function gitSource({ cause }: Start): (string | undefined)[] {
  const source = cause.kind === "push" ? cause.source : undefined;
  return source?.kind === "git" && !source.missing ? [sourceName(source)] : [];
}

/** Kinds of what can be wrong in which an order or a lock is missing between two sides. */
const unordered: ReadonlySet<Kind> = new Set(["race", "broken hand-off", "missing gate", "wrong lock"]);

const kindOf: ReadonlyMap<string, Kind> = new Map(rules.map(({ id, kind }) => [id, kind]));

function racesOf(findings: readonly Finding[], ownerOf: OwnerOf): PipelineGraph["races"] {
  const races = new Map<string, PipelineGraph["races"][number]>();
  for (const { rule, location, related } of findings) {
    if (!unordered.has(kindOf.get(rule) ?? "race")) continue;
    const to = ownerOf(location);
    for (const place of related) {
      const from = ownerOf(place.location);
      if (from === undefined || to === undefined || from === to) continue;
      races.set(`${from} ${to} ${rule}`, { from, to, rule });
    }
  }
  return [...races.values()];
}
