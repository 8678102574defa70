import type { Condition, Value } from "../model/delivery.ts";
import { machineValues } from "../model/job-values.ts";
import type { ResolvedJob } from "../model/resolved-delivery.ts";

/** What a job's steps are given, of the environment variables and of the actions' inputs, and where they run. */
export function valuesOf({ owner, job }: Pick<ResolvedJob, "owner" | "job">): Value[] {
  const given = [owner.pipeline.env, job.env, ...job.steps.flatMap(({ env, action }) => [env, action?.inputs ?? {}])];
  return [...given.flatMap((values) => Object.values(values)), ...machineValues(job)];
}

/** Names of the parameters, or variables, on which it depends what jobs do, in the order in which they read them. */
export function namesRead(kind: "parameter" | "variable", jobs: readonly ResolvedJob[]): Set<string> {
  const names = new Set<string>();
  const lookAtValue = (value: Value): void => {
    if (typeof value === "string") return;
    if (Array.isArray(value)) value.forEach(lookAtValue);
    else lookAtName(value);
  };
  const lookAtCondition = (condition: Condition): void => {
    if ("all" in condition) condition.all.forEach(lookAtCondition);
    else if ("any" in condition) condition.any.forEach(lookAtCondition);
    else if ("not" in condition) lookAtCondition(condition.not);
    else lookAtName(condition);
  };
  const lookAtName = (from: object) => {
    const name = (from as { parameter?: string; variable?: string })[kind];
    if (name !== undefined) names.add(name);
  };
  for (const resolved of jobs) {
    valuesOf(resolved).forEach(lookAtValue);
    for (const { condition } of [resolved.job, ...resolved.job.steps]) if (condition) lookAtCondition(condition);
  }
  return names;
}
