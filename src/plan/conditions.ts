import type { Condition, Delivery, EventName } from "../model/delivery.ts";
import type { CompileFilter } from "./changed-paths.ts";

/** All that a condition can speak of. */
export interface ConditionFacts {
  /** Absent in a per-release job. */
  environment: string | undefined;
  branch: string;
  event: EventName;
  parameters: Record<string, string>;
  variables: Record<string, string>;
}

/** The facts of one environment, or of the per-release jobs: defaults are filled in, an environment's variables win. */
export function conditionFacts(options: {
  delivery: Delivery;
  environment: string | undefined;
  branch: string;
  event: EventName;
  parameters: Record<string, string>;
}): ConditionFacts {
  const { delivery, environment, branch, event, parameters } = options;
  const defaults = Object.entries(delivery.parameters).flatMap(([name, parameter]) =>
    parameter.default === undefined ? [] : [[name, parameter.default] as const],
  );
  const local = delivery.environments.find(({ name }) => name === environment)?.variables;
  return {
    environment,
    branch,
    event,
    parameters: { ...Object.fromEntries(defaults), ...parameters },
    variables: { ...delivery.variables, ...local },
  };
}

export function conditionHolds(condition: Condition, facts: ConditionFacts, compileFilter: CompileFilter): boolean {
  const holds = (inner: Condition): boolean => conditionHolds(inner, facts, compileFilter);
  if ("all" in condition) return condition.all.every(holds);
  if ("any" in condition) return condition.any.some(holds);
  if ("not" in condition) return !holds(condition.not);
  if ("environment" in condition) {
    return facts.environment !== undefined && condition.environment.includes(facts.environment);
  }
  if ("branch" in condition) return compileFilter(condition.branch)(facts.branch);
  if ("event" in condition) return condition.event.includes(facts.event);
  if ("parameter" in condition) return isEqual(facts.parameters, condition.parameter, condition.equals);
  if ("variable" in condition) return isEqual(facts.variables, condition.variable, condition.equals);
  return condition satisfies never;
}

/** `environment is prod`, `branch matches release/** and event is push`. */
export function describeCondition(condition: Condition): string {
  if ("all" in condition) return condition.all.map(describeInner).join(" and ") || "always";
  if ("any" in condition) return condition.any.map(describeInner).join(" or ") || "never";
  if ("not" in condition) return `not ${describeInner(condition.not)}`;
  if ("environment" in condition) return `environment is ${condition.environment.join(" or ")}`;
  if ("branch" in condition) return `branch matches ${condition.branch.join(", ")}`;
  if ("event" in condition) return `event is ${condition.event.join(" or ")}`;
  if ("parameter" in condition) return `parameter ${condition.parameter} is ${quoted(condition.equals)}`;
  if ("variable" in condition) return `variable ${condition.variable} is ${quoted(condition.equals)}`;
  return condition satisfies never;
}

function describeInner(condition: Condition): string {
  const isCompound = "all" in condition || "any" in condition || "not" in condition;
  return isCompound ? `(${describeCondition(condition)})` : describeCondition(condition);
}

function isEqual(values: Record<string, string>, name: string, expected: string): boolean {
  return Object.hasOwn(values, name) && values[name] === expected;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
