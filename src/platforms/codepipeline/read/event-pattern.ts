/** EventBridge patterns that pipelines are started by: pushes, and the state of pipelines, their stages and actions. */

import { literal, type Written } from "../../../facts/written.ts";
import type { EventRule, StateOrigin } from "../pipeline.ts";

const levels: Readonly<Record<string, StateOrigin["level"]>> = {
  "CodePipeline Pipeline Execution State Change": "pipeline",
  "CodePipeline Stage Execution State Change": "stage",
  "CodePipeline Action Execution State Change": "action",
};

/** The texts of a pattern by path; undefined where nothing is written there. */
type Texts = (...path: string[]) => readonly Written[] | undefined;

/**
 * What a pattern listens to; undefined for other services. Without a type a pattern about pipelines is taken for that of whole
 * ones: their events pass it, too.
 */
export function originIn(texts: Texts): EventRule["origin"] | undefined {
  const sources = texts("source")?.map(literal) ?? [];
  if (sources.some((source) => source === "aws.codecommit" || source === "aws.s3")) return { kind: "push" };
  if (!sources.includes("aws.codepipeline")) return undefined;
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
