import type { JobFacts, Pipeline } from "../../facts/facts.ts";
import { type ActionFacts, isAction, isStaged, type StagedPipeline, type StageFacts } from "../../facts/stages.ts";
import { literal } from "../../facts/written.ts";
import { fileName, jobName } from "../analysis/wording.ts";
import type { Detail, Ends, Sketch } from "./sketch.ts";

export interface PipelineDrawing {
  readonly detail: Detail;
  labelOf(pipeline: Pipeline, title: string): string;
}

/** Draws a pipeline with its jobs. What is not drawn as a node of its own stands in what it belongs to. */
export function drawPipeline(sketch: Sketch, pipeline: Pipeline, { detail, labelOf }: PipelineDrawing): Ends {
  const title = titleOf(pipeline);
  const label = labelOf(pipeline, title);
  const drawn = pipeline.jobs.filter((job) => isDrawn(job, pipeline, detail));
  if (drawn.length === 0) return { entry: sketch.node({ id: pipeline.id, label }), exits: [pipeline.id] };
  sketch.node({ id: pipeline.id, label, group: title });
  for (const job of drawn) sketch.node({ id: job.id, label: labelOfJob(job, detail), group: title });
  const nodes = new Nodes(pipeline, drawn);
  const followed = new Set<string>();
  for (const job of drawn) {
    const kind = job.condition?.overridesSuccess ? "order" : "gate";
    const needed = nodes.before(job);
    for (const from of needed) followed.add(from);
    for (const from of needed) sketch.edge({ from, to: job.id, kind: job.needs.length === 0 ? "gate" : kind });
  }
  if (isStaged(pipeline)) drawHandOvers(sketch, pipeline, nodes);
  return { entry: pipeline.id, exits: drawn.map(({ id }) => id).filter((id) => !followed.has(id)) };
}

function titleOf({ id, name, label, source }: Pipeline): string {
  return name === id ? label : `${label === fileName(id) ? name : label} (${fileName(source.path)})`;
}

/** What fetches the source is the beginning of the pipeline itself. */
function isDrawn(job: JobFacts, pipeline: Pipeline, detail: Detail): boolean {
  if (!isStaged(pipeline)) return detail === "jobs";
  if (isAction(job)) return detail === "jobs" && job.kind !== "source";
  return detail === "pipelines" && (job as StageFacts).actions.some(({ kind }) => kind !== "source");
}

/** Which nodes a job is drawn as. */
class Nodes {
  readonly #pipeline: Pipeline;
  readonly #drawn: ReadonlySet<string>;
  readonly #jobs: ReadonlyMap<string, JobFacts>;

  constructor(pipeline: Pipeline, drawn: readonly JobFacts[]) {
    this.#pipeline = pipeline;
    this.#drawn = new Set(drawn.map(({ id }) => id));
    this.#jobs = new Map(pipeline.jobs.map((job) => [job.id, job]));
  }

  /** What a job comes right after. */
  before(job: JobFacts): string[] {
    const needed = job.needs.flatMap((id) => this.#ends(this.#jobs.get(id)));
    if (needed.length > 0) return [...new Set(needed)];
    const caller = job.caller === undefined ? undefined : this.#jobs.get(job.caller);
    if (caller === undefined) return [this.#pipeline.id];
    return this.#drawn.has(caller.id) ? [caller.id] : this.before(caller);
  }

  /** Where it is seen. */
  of({ id, caller }: JobFacts): string {
    if (this.#drawn.has(id)) return id;
    return caller !== undefined && this.#drawn.has(caller) ? caller : this.#pipeline.id;
  }

  /** A job that calls others has ended when the last of them have. */
  #ends(job: JobFacts | undefined): string[] {
    if (job === undefined) return [];
    const inside = this.#pipeline.jobs.filter(({ caller }) => caller === job.id);
    const last = inside.filter(({ id }) => !inside.some(({ needs }) => needs.includes(id)));
    const ends = last.flatMap((each) => this.#ends(each));
    if (ends.length > 0) return ends;
    return this.#drawn.has(job.id) ? [job.id] : this.before(job);
  }
}

function labelOfJob(job: JobFacts, detail: Detail): string {
  if (isAction(job)) return isSameName(job) ? named(job) : `${job.stageLabel} / ${named(job)}`;
  return detail === "jobs" ? jobName(job) : labelOfStage(job as StageFacts);
}

/** `Production: network, then compute + dns`; the name alone where it says it all. */
function labelOfStage({ label, actions }: StageFacts): string {
  const [only, ...others] = actions;
  if (only && others.length === 0 && isSameName(only)) return named(only);
  const groups = [...Map.groupBy(actions, ({ runOrder }) => runOrder ?? 1)].sort(([a], [b]) => a - b);
  return `${label}: ${groups.map(([, together]) => together.map(named).join(" + ")).join(", then ")}`;
}

function isSameName({ label, stageLabel: stage }: ActionFacts): boolean {
  return label.toLowerCase() === stage.toLowerCase();
}

function named({ kind, label }: ActionFacts): string {
  return kind === "approval" ? `${label} (approval)` : label;
}

/** What one action makes and another takes; the source, which all may take, goes without saying. */
function drawHandOvers(sketch: Sketch, { actions }: StagedPipeline, nodes: Nodes): void {
  for (const maker of actions) {
    if (maker.kind === "source") continue;
    const made = new Set(maker.outputs.flatMap((output) => literal(output) ?? []));
    for (const taker of actions) {
      const [from, to] = [nodes.of(maker), nodes.of(taker)];
      if (from === to) continue;
      for (const input of taker.inputs) {
        const label = literal(input);
        if (label !== undefined && made.has(label)) sketch.edge({ from, to, kind: "hand-off", label });
      }
    }
  }
}
