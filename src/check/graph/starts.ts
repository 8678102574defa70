/** What starts a pipeline: events from outside, and what becomes of others. */

import type { Facts, JobFacts, Pipeline, Start } from "../../facts/facts.ts";
import { isStaged, stagedPipelines } from "../../facts/stages.ts";
import { readableIdentity } from "../../facts/written.ts";
import { type Analysis, can } from "../analysis/analysis.ts";
import { lastingEffects } from "../analysis/effects.ts";
import { withConclusion } from "../analysis/trigger-chains.ts";
import { literalText } from "../analysis/wording.ts";
import { pushWords } from "./push-words.ts";
import type { Detail, Ends, Sketch } from "./sketch.ts";

export interface StartsDrawing {
  readonly facts: Facts;
  readonly analysis: Analysis;
  readonly detail: Detail;
  /** Of each pipeline, by its id. */
  readonly ends: ReadonlyMap<string, Ends>;
  /** Name of the source that goes without saying. */
  readonly home: string | undefined;
}

export function drawStarts(sketch: Sketch, pipeline: Pipeline, drawing: StartsDrawing): void {
  const to = drawing.ends.get(pipeline.id)!.entry;
  const pushesFirst = pipeline.starts.toSorted((a, b) => Number(isPush(b)) - Number(isPush(a)));
  const words = pushesFirst.flatMap((start) => eventWords(start, pipeline, drawing));
  const isOnlyByHand = isStaged(pipeline) && pipeline.starts.length === 0;
  for (const label of isOnlyByHand ? ["by hand"] : words) sketch.edge({ from: sketch.event(label), to, kind: "order" });
  const kind = isGated(drawing.analysis, pipeline) ? "gate" : "order";
  for (const { id, label } of upstreamsOf(pipeline, drawing.analysis)) {
    for (const from of drawing.ends.get(id)?.exits ?? []) {
      sketch.edge({ from, to, kind, ...(label !== undefined && { label }) });
    }
  }
  drawCalls(sketch, pipeline, drawing);
}

function isPush({ cause }: Start): boolean {
  return cause.kind === "push";
}

/** The events of a start, as people say them; none where another pipeline that is here starts it. */
function eventWords(start: Start, pipeline: Pipeline, { analysis, home }: StartsDrawing): string[] {
  const { cause, event } = start;
  const chains = analysis.chains(pipeline).filter((chain) => chain.start === start);
  switch (cause.kind) {
    case "call":
      return [];
    case "push":
      return cause.source ? pushWords(cause, home) : chains.map(({ described }) => described);
    case "completion":
      return completionWords(cause);
    case "schedule":
      return ["schedule"];
    case "pull-request":
      return isStaged(pipeline) ? ["pull_request"] : [event];
    default:
      return [event];
  }
}

type Completion = Extract<Start["cause"], { kind: "completion" }>;

/** What becomes of something that is not here or of anything, and what is no end of it or not a good one. */
function completionWords(cause: Completion): string[] {
  const { states, ofAny, names, upstream } = cause;
  if (states === undefined || (isAfterSuccess(cause) && upstream.length > 0)) return [];
  const named = names.flatMap(({ value }) => readableIdentity(value) || []).join(", ");
  return [`${stateWords(states) ?? "success"} of ${ofAny ? "any pipeline" : named || "another pipeline"}`];
}

const ends = new Set(["SUCCEEDED", "FAILED", "CANCELED", "STOPPED", "SUPERSEDED"]);

function isAfterSuccess({ states }: Completion): boolean {
  return states !== "any" && states?.includes("SUCCEEDED") === true && states.every((state) => ends.has(state));
}

/** Undefined where success alone counts, which goes without saying. */
function stateWords(states: NonNullable<Completion["states"]>): string | undefined {
  if (states === "any") return "any change of state";
  return states.length === 1 && states[0] === "SUCCEEDED" ? undefined : states.join(", ").toLowerCase();
}

/** Pipelines after whose end this one starts, and which ends besides success count. */
function upstreamsOf(pipeline: Pipeline, analysis: Analysis): { id: string; label?: string | undefined }[] {
  const followed = analysis.chains(pipeline).flatMap(({ circumstances: { start, upstream } }) => {
    const namesStates = start.cause.kind === "completion" && start.cause.states !== undefined;
    return upstream === undefined || namesStates ? [] : upstream.pipeline;
  });
  const named = pipeline.starts.flatMap(({ cause }) => {
    if (cause.kind !== "completion" || !cause.states || !isAfterSuccess(cause)) return [];
    const label = stateWords(cause.states);
    return cause.upstream.map((each) => ({ id: each.pipeline, label }));
  });
  return [...[...new Set(followed)].map((id) => ({ id })), ...named];
}

/** Everything with an effect stops when the run before failed. */
function isGated(analysis: Analysis, pipeline: Pipeline): boolean {
  const chains = analysis.chains(pipeline).filter((chain) => chain.upstream);
  return pipeline.jobs
    .filter((job) => lastingEffects(job).length > 0)
    .every((job) => chains.every((chain) => !can(job.runs(withConclusion(chain, "failure").circumstances))));
}

/** Pipelines that a job of this one calls or starts. With jobs drawn, those of a called one stand in its caller. */
function drawCalls(sketch: Sketch, { id, jobs }: Pipeline, { facts, detail, ends }: StartsDrawing): void {
  for (const job of jobs) {
    if (detail === "pipelines" && job.file !== id && facts.pipeline(job.file)) {
      sketch.edge({ from: id, to: job.file, kind: "hand-off", label: "calls" });
    }
    for (const name of namesStartedBy(job)) {
      const target = stagedPipelines(facts).find((pipeline) => isCalled(pipeline, name));
      const to = target && ends.get(target.id)!.entry;
      if (to !== undefined) sketch.edge({ from: detail === "jobs" ? job.id : id, to, kind: "order", label: "starts" });
    }
  }
}

/** Names of CodePipelines that the steps of a job start. */
function namesStartedBy({ steps }: JobFacts): string[] {
  return steps.flatMap((step) =>
    step.accesses.flatMap((access) => {
      if (access.kind !== "resource" || access.tool !== "aws codepipeline start-pipeline-execution") return [];
      return literalText(step.resolve(access.key)) ?? [];
    }),
  );
}

function isCalled({ name, id }: Pipeline, wanted: string): boolean {
  return wanted === name || wanted.endsWith(`#${id.slice(id.indexOf("#") + 1)}›`);
}
