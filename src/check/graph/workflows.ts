import type { Facts, JobFacts, Pipeline } from "../../facts/facts.ts";
import { type Analysis, can } from "../analysis/analysis.ts";
import { lastingEffects } from "../analysis/effects.ts";
import { withConclusion } from "../analysis/trigger-chains.ts";
import { fileName, jobName, literalText } from "../analysis/wording.ts";
import type { Detail, Ends, Sketch } from "./sketch.ts";

export interface WorkflowDrawing {
  readonly facts: Facts;
  readonly analysis: Analysis;
  readonly detail: Detail;
  labelOf(pipeline: Pipeline, title: string): string;
}

/** Draws the workflows with what starts them; the ends of each by its id. */
export function drawWorkflows(
  sketch: Sketch,
  workflows: readonly Pipeline[],
  drawing: WorkflowDrawing,
): ReadonlyMap<string, Ends> {
  const ends = new Map<string, Ends>();
  for (const pipeline of workflows) ends.set(pipeline.id, drawWorkflow(sketch, pipeline, drawing));
  for (const pipeline of workflows) drawStarts(sketch, pipeline, { ...drawing, ends });
  // With jobs drawn, those of a called workflow stand in its caller.
  if (drawing.detail === "pipelines") {
    for (const pipeline of workflows) drawCalls(sketch, pipeline, drawing.facts);
  }
  return ends;
}

function drawWorkflow(sketch: Sketch, pipeline: Pipeline, { detail, labelOf }: WorkflowDrawing): Ends {
  const title = pipeline.name === pipeline.id ? fileName(pipeline.id) : `${pipeline.name} (${fileName(pipeline.id)})`;
  const label = labelOf(pipeline, title);
  if (detail === "pipelines") {
    sketch.node({ id: pipeline.id, label });
    return { entry: pipeline.id, exits: [pipeline.id] };
  }
  sketch.node({ id: pipeline.id, label, group: title });
  for (const job of pipeline.jobs) sketch.node({ id: job.id, label: jobName(job), group: title });
  for (const job of pipeline.jobs) {
    const before = job.needs.flatMap((need) => exitsOf(pipeline, need));
    const kind = job.condition?.overridesSuccess ? "order" : "gate";
    for (const from of before) sketch.edge({ from, to: job.id, kind });
    if (before.length === 0) sketch.edge({ from: job.caller ?? pipeline.id, to: job.id, kind: "gate" });
  }
  const exits = pipeline.jobs.map(({ id }) => id).filter((id) => isLast(pipeline, id));
  return { entry: pipeline.id, exits: exits.length > 0 ? exits : [pipeline.id] };
}

/** A called workflow has ended when all its last jobs have. */
function exitsOf(pipeline: Pipeline, id: string): string[] {
  const inside = pipeline.jobs.filter(({ caller }) => caller === id);
  const last = inside.filter((job) => !inside.some(({ needs }) => needs.includes(job.id)));
  return last.length === 0 ? [id] : last.flatMap((job) => exitsOf(pipeline, job.id));
}

function isLast({ jobs }: Pipeline, id: string): boolean {
  return !jobs.some(({ caller, needs }) => caller === id || needs.includes(id)) && !jobs.some(callsBefore(jobs, id));
}

/** Jobs that need the caller of a job come after it as well. */
function callsBefore(jobs: readonly JobFacts[], id: string): (job: JobFacts) => boolean {
  const callers = new Set<string>();
  for (let at = jobs.find((job) => job.id === id)?.caller; at; at = jobs.find((job) => job.id === at)?.caller) {
    callers.add(at);
  }
  return ({ needs }) => needs.some((need) => callers.has(need));
}

interface Starting extends WorkflowDrawing {
  readonly ends: ReadonlyMap<string, Ends>;
}

function drawStarts(sketch: Sketch, pipeline: Pipeline, { analysis, ends }: Starting): void {
  const to = ends.get(pipeline.id)!.entry;
  for (const chain of analysis.chains(pipeline)) {
    if (chain.upstream) {
      const kind = isGated(analysis, pipeline) ? "gate" : "order";
      const upstream = ends.get(chain.circumstances.upstream!.pipeline);
      for (const from of upstream?.exits ?? []) sketch.edge({ from, to, kind });
    } else if (chain.start.cause.kind !== "call") {
      const from = sketch.event(chain.start.event === "push" ? chain.described : chain.start.event);
      sketch.edge({ from, to, kind: "order" });
    }
  }
}

function drawCalls(sketch: Sketch, { id, jobs }: Pipeline, facts: Facts): void {
  for (const job of jobs) {
    if (job.file === id || !facts.pipeline(job.file)) continue;
    const known = { from: id, to: job.file, kind: "hand-off", label: "calls" } as const;
    sketch.edge(known);
  }
}

/** Everything with an effect stops when the run before failed. */
function isGated(analysis: Analysis, pipeline: Pipeline): boolean {
  const chains = analysis.chains(pipeline).filter((chain) => chain.upstream);
  return pipeline.jobs
    .filter((job) => lastingEffects(job).length > 0)
    .every((job) => chains.every((chain) => !can(job.runs(withConclusion(chain, "failure").circumstances))));
}

/** CodePipelines that the steps of a workflow start, by name. */
export function startedBy({ jobs }: Pipeline): { readonly job: JobFacts; readonly name: string }[] {
  return jobs.flatMap((job) =>
    job.steps.flatMap((step) =>
      step.accesses.flatMap((access) => {
        if (access.kind !== "resource" || access.tool !== "aws codepipeline start-pipeline-execution") return [];
        const name = literalText(step.resolve(access.key));
        return name === undefined ? [] : [{ job, name }];
      }),
    ),
  );
}
