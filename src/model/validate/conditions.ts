import type { Condition } from "../delivery.ts";
import type { DefinitionPath } from "../refusal.ts";
import type { Subject } from "./subject.ts";

export interface PlacedCondition {
  readonly condition: Condition;
  readonly path: DefinitionPath;
}

/** Every condition of the delivery with those inside it, in the order of the definition. */
export function* allConditions({ jobs }: Subject): Generator<PlacedCondition> {
  for (const { job, path } of jobs) {
    if (job.condition) yield* withInner(job.condition, [...path, "condition"]);
    for (const [index, step] of job.steps.entries()) {
      if (step.condition) yield* withInner(step.condition, [...path, "steps", index, "condition"]);
    }
  }
}

function* withInner(condition: Condition, path: DefinitionPath): Generator<PlacedCondition> {
  yield { condition, path };
  if ("not" in condition) yield* withInner(condition.not, [...path, "not"]);
  const key = "all" in condition ? "all" : "any";
  const inner = "all" in condition ? condition.all : "any" in condition ? condition.any : [];
  for (const [index, item] of inner.entries()) yield* withInner(item, [...path, key, index]);
}

/** False only when the condition certainly rules the environment out. */
export function mayRunIn(condition: Condition | undefined, environment: string): boolean {
  if (!condition) return true;
  if ("environment" in condition) return condition.environment.includes(environment);
  if ("all" in condition) return condition.all.every((inner) => mayRunIn(inner, environment));
  if ("any" in condition) return condition.any.some((inner) => mayRunIn(inner, environment));
  if ("not" in condition && "environment" in condition.not) return !condition.not.environment.includes(environment);
  return true;
}
