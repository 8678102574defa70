import type { Condition, Value } from "../model/delivery.ts";
import type { ResolvedJob, ResolvedPipeline } from "../model/resolved-delivery.ts";

/** What a job's steps are given: of the environment variables and of the actions' inputs. */
export function valuesOf({ owner, job }: Pick<ResolvedJob, "owner" | "job">): Value[] {
  return [owner.pipeline.env, job.env, ...job.steps.flatMap(({ env, action }) => [env, action?.inputs ?? {}])].flatMap(
    (values) => Object.values(values),
  );
}

/** Names of the parameters on which it depends what a pipeline does, in the order in which its jobs read them. */
export function readParameters({ releaseJobs, environmentJobs }: ResolvedPipeline): Set<string> {
  const names = new Set<string>();
  const lookAtValue = (value: Value): void => {
    if (typeof value === "string") return;
    if (Array.isArray(value)) value.forEach(lookAtValue);
    else if ("parameter" in value) names.add(value.parameter);
  };
  const lookAtCondition = (condition: Condition): void => {
    if ("all" in condition) condition.all.forEach(lookAtCondition);
    else if ("any" in condition) condition.any.forEach(lookAtCondition);
    else if ("not" in condition) lookAtCondition(condition.not);
    else if ("parameter" in condition) names.add(condition.parameter);
  };
  for (const resolved of [...releaseJobs, ...environmentJobs]) {
    valuesOf(resolved).forEach(lookAtValue);
    for (const { condition } of [resolved.job, ...resolved.job.steps]) if (condition) lookAtCondition(condition);
  }
  return names;
}
