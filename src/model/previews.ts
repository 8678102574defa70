import type { Condition, Delivery, Environment } from "./delivery.ts";

type Environments = Pick<Delivery, "environments">;
type Variables = Pick<Delivery, "variables">;

/** What pull requests have one of each; a delivery has one at most. */
export function previewOf({ environments }: Environments): Environment | undefined {
  return environments.find(({ preview }) => preview);
}

/** Environments that are there whatever pull requests there are. */
export function standing<D extends Environments>(delivery: D): D {
  if (previewOf(delivery) === undefined) return delivery;
  return { ...delivery, environments: delivery.environments.filter(({ preview }) => !preview) };
}

/** Whether a condition holds in no preview, whatever the pull request. */
export function isNeverIn(preview: Environment, condition: Condition | undefined, delivery: Variables): boolean {
  return condition !== undefined && held(condition, preview, delivery) === false;
}

/** Undefined: it depends on more than the environment. */
function held(condition: Condition, preview: Environment, delivery: Variables): boolean | undefined {
  const inner = (one: Condition) => held(one, preview, delivery);
  if ("all" in condition) {
    const parts = condition.all.map(inner);
    return parts.includes(false) ? false : parts.includes(undefined) ? undefined : true;
  }
  if ("any" in condition) {
    const parts = condition.any.map(inner);
    return parts.includes(true) ? true : parts.includes(undefined) ? undefined : false;
  }
  if ("not" in condition) {
    const part = inner(condition.not);
    return part === undefined ? undefined : !part;
  }
  if ("environment" in condition) return condition.environment.includes(preview.name);
  if ("event" in condition) return condition.event.includes("pull-request");
  if ("variable" in condition) {
    const value = preview.variables[condition.variable] ?? delivery.variables[condition.variable] ?? "";
    return value === condition.equals;
  }
  return undefined;
}
