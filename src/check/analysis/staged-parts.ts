/** What general rules ask about pipelines made of stages. */

import type { ResourceAccess } from "../../facts/access.ts";
import type { Cause, Start } from "../../facts/facts.ts";
import type { ActionFacts, StagedPipeline } from "../../facts/stages.ts";
import type { Analysis } from "./analysis.ts";
import { runsTests } from "./effects.ts";

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
  return action.category === "deploy" || lastingEffect(action)?.effect === "deploy";
}

export function firstDeployment({ actions }: StagedPipeline): ActionFacts | undefined {
  return actions.find(deploys);
}

export type CompletionCause = Extract<Cause, { kind: "completion" }>;

export interface Upstream {
  readonly pipeline: StagedPipeline;
  readonly start: Start;
}

/** A start for which the success of another pipeline is enough. */
export function startsOnSuccess({ cause }: Start): boolean {
  return cause.kind === "completion" && Array.isArray(cause.states) && cause.states.includes("SUCCEEDED");
}

/** Pipelines of the files after which this one starts, each once. */
export function upstreamOf({ facts }: Analysis, { id, starts }: StagedPipeline): Upstream[] {
  const found = new Map<string, Upstream>();
  for (const start of starts.filter(startsOnSuccess)) {
    const [first] = (start.cause as CompletionCause).upstream;
    const pipeline = first && facts.pipeline(first.pipeline);
    if (!pipeline || pipeline.id === id || found.has(pipeline.id)) continue;
    found.set(pipeline.id, { pipeline: pipeline as StagedPipeline, start });
  }
  return [...found.values()];
}

/** Whether the action tries the code, as far as the files tell. */
export function testsCode({ category, phases }: ActionFacts): "yes" | "no" | "unknown" {
  if (category === "test" || phases.some(({ text }) => runsTests(text))) return "yes";
  if (category !== "build" && category !== "compute") return category === "invoke" ? "unknown" : "no";
  return phases.length === 0 ? "unknown" : "no";
}
