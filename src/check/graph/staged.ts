import type { ActionFacts, StagedPipeline, StageFacts } from "../../facts/stages.ts";
import { literal, readableIdentity } from "../../facts/written.ts";
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
  for (const pipeline of pipelines) drawStarts(sketch, { pipeline, ends, drawing });
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
    const steps = detail === "jobs" ? stepsOf(stage) : [wholeStage(stage)];
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

function wholeStage({ id, actions }: StageFacts): Step {
  return actions.map((action) => ({ id, action }));
}

function stepsOf({ actions }: StageFacts): Step[] {
  const groups = Map.groupBy(actions, ({ runOrder }) => runOrder ?? 1);
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([, members]) => members.map((action) => ({ id: action.id, action })));
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
  readonly ends: ReadonlyMap<string, Ends>;
  readonly drawing: StagedDrawing;
}

function drawStarts(sketch: Sketch, { pipeline, ends, drawing }: Starting): void {
  const to = ends.get(pipeline.id)!.entry;
  const fromEvent = (label: string) => sketch.edge({ from: sketch.event(label), to, kind: "order" });
  for (const { cause, event } of pipeline.starts) {
    switch (cause.kind) {
      case "push":
        for (const words of pushWords(cause, drawing.home)) fromEvent(words);
        break;
      case "pull-request":
        fromEvent("pull_request");
        break;
      case "completion": {
        if (cause.states === "any" || !cause.states?.includes("SUCCEEDED")) {
          const states = cause.states === "any" ? "any change of state" : cause.states!.join(", ").toLowerCase();
          const of = cause.ofAny ? "any pipeline" : cause.names.map(({ value }) => readableIdentity(value)).join(", ");
          fromEvent(`${states} of ${of}`);
          break;
        }
        const [before] = cause.upstream;
        const [name] = cause.names;
        if (!before) fromEvent(`success of ${name?.value ? readableIdentity(name.value) : "another pipeline"}`);
        for (const from of before ? ends.get(before.pipeline)!.exits : []) sketch.edge({ from, to, kind: "gate" });
        break;
      }
      default:
        fromEvent(cause.kind === "schedule" ? "schedule" : event);
    }
  }
  if (pipeline.starts.length === 0) fromEvent("by hand");
}

export function isCalled({ name, id }: StagedPipeline, wanted: string): boolean {
  return wanted === name || wanted.endsWith(`#${id.slice(id.indexOf("#") + 1)}›`);
}
