/** Conditions of stages: one rule that fails makes the condition fail, and then its result comes about. */

import { type CodePipelineWorld, type RunState, releaseOf, stageOf } from "./machine.ts";
import type { ConditionRule, StageCondition } from "./simulated-pipeline.ts";
import type { RulePlace } from "./world.ts";

export function conditionFails(
  machine: CodePipelineWorld,
  run: RunState,
  { condition, when }: { readonly condition: StageCondition; readonly when: RulePlace["when"] },
): boolean {
  const stage = stageOf(machine, run).name;
  const failing = condition.rules.filter((rule) => {
    const place = { run, stage, when, rule: rule.name, provider: rule.provider };
    return (checked(machine, run, rule) ?? machine.world.rule?.(place) ?? "passed") === "failed";
  });
  for (const { name } of failing)
    machine.events.push({ what: "condition-failed", run: run.id, stage, when, rule: name });
  return failing.length > 0;
}

/** The answer of a `VariableCheck`, where all that it looks at is there. */
function checked(machine: CodePipelineWorld, run: RunState, { check }: ConditionRule): "passed" | "failed" | undefined {
  const text = check && filledIn(machine, run, check.variable);
  const value = check && filledIn(machine, run, check.value);
  if (text === undefined || value === undefined) return undefined;
  const holds = compare(text, value, check!.operator);
  return holds === undefined ? undefined : holds ? "passed" : "failed";
}

function compare(
  text: string,
  value: string,
  operator: NonNullable<ConditionRule["check"]>["operator"],
): boolean | undefined {
  switch (operator) {
    case "EQ":
      return text === value;
    case "NE":
      return text !== value;
    case "CONTAINS":
      return text.includes(value);
    case "MATCHES":
      try {
        return new RegExp(`^(?:${value})$`).test(text);
      } catch {
        // Java's expressions know more than these.
        return undefined;
      }
    default:
      return operator satisfies never;
  }
}

/** With the values of `#{Namespace.Name}`; undefined where one is not set. */
function filledIn(machine: CodePipelineWorld, run: RunState, text: string): string | undefined {
  const release = releaseOf(machine, run);
  let isComplete = true;
  const filled = text.replaceAll(/#\{([^}]+)\}/g, (_, name: string) => {
    const value = run.variables.get(name) ?? release.variables.get(name);
    if (value === undefined) isComplete = false;
    return value ?? "";
  });
  return isComplete ? filled : undefined;
}
