/** EventBridge patterns about the state of pipelines, their stages and actions. */

import { literal, type Written } from "../../../facts/staged.ts";
import type { StateOrigin } from "../pipeline.ts";

const levels: Readonly<Record<string, StateOrigin["level"]>> = {
  "CodePipeline Pipeline Execution State Change": "pipeline",
  "CodePipeline Stage Execution State Change": "stage",
  "CodePipeline Action Execution State Change": "action",
};

/**
 * The pattern, from its texts by path (undefined where nothing is written there). Without a type it is taken for that of
 * whole pipelines: their events pass it, too.
 */
export function stateOrigin(texts: (...path: string[]) => readonly Written[] | undefined): StateOrigin | undefined {
  if (!texts("source")?.some((source) => literal(source) === "aws.codepipeline")) return undefined;
  const [type] = (texts("detail-type") ?? []).flatMap((each) => levels[literal(each) ?? ""] ?? []);
  return {
    kind: "state",
    level: type ?? "pipeline",
    pipelines: texts("detail", "pipeline"),
    stages: texts("detail", "stage"),
    actions: texts("detail", "action"),
    states: texts("detail", "state"),
  };
}

/** Whether success is among what it listens to by name. */
export function listensToSuccess({ states }: StateOrigin): boolean {
  return states?.some((state) => literal(state) === "SUCCEEDED") ?? false;
}
