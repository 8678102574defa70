/** What general rules ask about pipelines made of stages. */

import type { ResourceAccess } from "../../facts/access.ts";
import { type ActionFacts, comesBefore, type StagedPipeline, type StagedStart } from "../../facts/staged.ts";
import type { Analysis } from "./analysis.ts";
import { runsTests } from "./effects.ts";
import { namedBy } from "./staged-claims.ts";

export function stagedPipelines({ facts }: Analysis): readonly StagedPipeline[] {
  return facts.staged?.pipelines ?? [];
}

/** What the action changes for good: a running system, or what users get. To clear a cache changes neither. */
export function lastingEffect({ accesses }: Pick<ActionFacts, "accesses">): ResourceAccess | undefined {
  return accesses.find(
    (access): access is ResourceAccess =>
      access.kind === "resource" &&
      access.mode !== "read" &&
      access.resource !== "distribution" &&
      (access.effect === "deploy" || access.effect === "publish"),
  );
}

/** Also where the files do not tell what it deploys to. */
export function deploys(action: ActionFacts): boolean {
  return action.kind === "deploy" || lastingEffect(action)?.effect === "deploy";
}

export function firstDeployment({ actions }: StagedPipeline): ActionFacts | undefined {
  return actions.find(deploys);
}

export type AfterStart = Extract<StagedStart, { kind: "after" }>;

export interface Upstream {
  readonly pipeline: StagedPipeline;
  readonly start: AfterStart;
}

/** Pipelines of the files after which this one starts, each once. */
export function upstreamOf(analysis: Analysis, { id, starts }: StagedPipeline): Upstream[] {
  const found = new Map<string, Upstream>();
  for (const start of starts) {
    const pipeline = start.kind === "after" ? namedBy(analysis, start.pipeline) : undefined;
    if (!pipeline || start.kind !== "after" || pipeline.id === id || found.has(pipeline.id)) continue;
    found.set(pipeline.id, { pipeline, start });
  }
  return [...found.values()];
}

/** Whether the action tries the code, as far as the files tell. */
export function testsCode({ kind, phases }: ActionFacts): "yes" | "no" | "unknown" {
  if (kind === "test" || phases.some(({ text }) => runsTests(text))) return "yes";
  if (kind !== "build" && kind !== "compute") return kind === "invoke" ? "unknown" : "no";
  return phases.length === 0 ? "unknown" : "no";
}

/** Actions that have ended before this one starts. */
export function actionsBefore({ actions }: StagedPipeline, action: ActionFacts): ActionFacts[] {
  return actions.filter((each) => comesBefore(each, action));
}
