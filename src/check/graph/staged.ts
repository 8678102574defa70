import {
  type ActionFacts,
  identity,
  literal,
  readable,
  readableIdentity,
  type StagedPipeline,
  type StageFacts,
} from "../../facts/staged.ts";
import { fileName } from "../analysis/wording.ts";
import { pushWords } from "./push-words.ts";
import type { Detail, Ends, Sketch } from "./sketch.ts";

export interface StagedDrawing {
  readonly detail: Detail;
  /** Name of the source that goes without saying. */
  readonly home: string | undefined;
  labelOf(pipeline: StagedPipeline, title: string): string;
}

/** Draws pipelines made of stages with what starts them; the ends of each by its id. */
export function drawStaged(
  sketch: Sketch,
  pipelines: readonly StagedPipeline[],
  drawing: StagedDrawing,
): ReadonlyMap<string, Ends> {
  const ends = new Map(pipelines.map((pipeline) => [pipeline.id, drawPipeline(sketch, pipeline, drawing)]));
  for (const pipeline of pipelines) drawStarts(sketch, { pipeline, pipelines, ends, drawing });
  return ends;
}

/** Actions that start together, and those that come after them. */
type Step = readonly { readonly id: string; readonly action: ActionFacts }[];

function drawPipeline(sketch: Sketch, pipeline: StagedPipeline, { detail, labelOf }: StagedDrawing): Ends {
  const title = `${pipeline.label} (${fileName(pipeline.source.path)})`;
  const group = title;
  const entry = sketch.node({ id: pipeline.id, label: labelOf(pipeline, title), group });
  // What fetches the source is the beginning of the pipeline itself.
  const stages = pipeline.stages.filter(({ actions }) => actions.some(({ kind }) => kind !== "source"));
  const nodeOf = new Map<ActionFacts, string>(pipeline.actions.map((action) => [action, entry]));
  let last: readonly string[] = [entry];
  for (const stage of stages) {
    const steps = detail === "jobs" ? stepsOf(stage, pipeline) : [wholeStage(stage, pipeline)];
    for (const step of steps) {
      const ids = [...new Set(step.map(({ id }) => id))];
      for (const { id, action } of step) {
        nodeOf.set(action, id);
        sketch.node({ id, label: detail === "jobs" ? actionLabel(action) : stageLabel(stage), group });
      }
      for (const from of last) for (const to of ids) sketch.edge({ from, to, kind: "gate" });
      last = ids;
    }
  }
  drawHandOvers(sketch, pipeline, nodeOf);
  return { entry, exits: last };
}

function wholeStage(stage: StageFacts, { id }: StagedPipeline): Step {
  return stage.actions.map((action) => ({ id: `${id}/${stage.index}`, action }));
}

function stepsOf(stage: StageFacts, { id }: StagedPipeline): Step[] {
  const groups = Map.groupBy(stage.actions.entries(), ([, action]) => action.runOrder ?? 1);
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([, members]) => members.map(([at, action]) => ({ id: `${id}/${stage.index}/${at}`, action })));
}

/** `Production: network, then compute + dns`; the name alone where it says it all. */
function stageLabel(stage: StageFacts): string {
  const [only, ...others] = stage.actions;
  if (only && others.length === 0 && isSameName(only)) return named(only);
  const groups = Map.groupBy(stage.actions, ({ runOrder }) => runOrder ?? 1);
  const names = [...groups]
    .sort(([a], [b]) => a - b)
    .map(([, actions]) => actions.map(named).join(" + "))
    .join(", then ");
  return `${stage.label}: ${names}`;
}

function actionLabel(action: ActionFacts): string {
  return isSameName(action) ? named(action) : `${action.stageLabel} / ${named(action)}`;
}

function isSameName({ label, stageLabel: stage }: ActionFacts): boolean {
  return label.toLowerCase() === stage.toLowerCase();
}

function named({ kind, label }: ActionFacts): string {
  return kind === "approval" ? `${label} (approval)` : label;
}

/** What one action makes and another takes; the source, which all may take, goes without saying. */
function drawHandOvers(sketch: Sketch, { actions }: StagedPipeline, nodeOf: ReadonlyMap<ActionFacts, string>): void {
  for (const maker of actions) {
    if (maker.kind === "source") continue;
    const made = new Set(maker.outputs.flatMap((output) => literal(output) ?? []));
    for (const taker of actions) {
      const [from, to] = [nodeOf.get(maker)!, nodeOf.get(taker)!];
      if (from === to) continue;
      for (const input of taker.inputs) {
        const label = literal(input);
        if (label !== undefined && made.has(label)) sketch.edge({ from, to, kind: "hand-off", label });
      }
    }
  }
}

interface Starting {
  readonly pipeline: StagedPipeline;
  readonly pipelines: readonly StagedPipeline[];
  readonly ends: ReadonlyMap<string, Ends>;
  readonly drawing: StagedDrawing;
}

function drawStarts(sketch: Sketch, { pipeline, pipelines, ends, drawing }: Starting): void {
  const to = ends.get(pipeline.id)!.entry;
  const fromEvent = (label: string) => sketch.edge({ from: sketch.event(label), to, kind: "order" });
  for (const start of pipeline.starts) {
    switch (start.kind) {
      case "push":
        for (const words of pushWords(start, drawing.home)) fromEvent(words);
        break;
      case "pull-request":
        fromEvent("pull_request");
        break;
      case "after": {
        const name = identity(start.pipeline.key);
        const before = pipelines.find((other) => name !== undefined && isCalled(other, name));
        if (!before) fromEvent(`success of ${name === undefined ? "another pipeline" : readableIdentity(name)}`);
        for (const from of before ? ends.get(before.id)!.exits : []) sketch.edge({ from, to, kind: "gate" });
        break;
      }
      case "state": {
        const states = start.states?.join(", ").toLowerCase() ?? "any change of state";
        const of = start.pipelines?.map(({ key }) => readable(key)).join(", ") ?? "any pipeline";
        fromEvent(`${states} of ${of}`);
        break;
      }
      case "other":
        fromEvent(start.event === "schedule" ? "schedule" : start.by);
        break;
      default:
        start satisfies never;
    }
  }
  if (pipeline.starts.length === 0) fromEvent("by hand");
}

export function isCalled({ name, label, id }: StagedPipeline, wanted: string): boolean {
  const own = name && identity(name.key);
  return wanted === (own ?? label) || wanted.endsWith(`#${id.slice(id.indexOf("#") + 1)}›`);
}
