import type { Condition, Delivery, Environment, Job, Pipeline } from "./delivery.ts";

type Environments = Pick<Delivery, "environments">;
type Variables = Pick<Delivery, "variables">;

/** What pull requests have one of each; a delivery has one at most. */
export function previewOf({ environments }: Environments): Environment | undefined {
  return environments.find(({ preview }) => preview);
}

/** Whether an environment is a preview, or the one of a pull request: `preview-17`. */
export function isPreview(delivery: Environments, name: string): boolean {
  const preview = previewOf(delivery);
  if (preview === undefined) return false;
  return name === preview.name || (name.startsWith(preview.name) && /^-[0-9]+$/.test(name.slice(preview.name.length)));
}

/** Environments that are there whatever pull requests there are. */
export function standing<D extends Environments>(delivery: D): D {
  if (previewOf(delivery) === undefined) return delivery;
  return { ...delivery, environments: delivery.environments.filter(({ preview }) => !preview) };
}

/** A job that says how what it left in a preview is taken away. */
export interface Removing {
  readonly pipeline: Pipeline;
  readonly name: string;
  readonly job: Job;
}

/** Jobs that pull requests run in their previews and that say how to remove what they left, in the order of the definition. */
export function removing(delivery: Pick<Delivery, "environments" | "pipelines" | "variables">): Removing[] {
  const preview = previewOf(delivery);
  if (preview === undefined) return [];
  return delivery.pipelines.flatMap((pipeline) =>
    Object.entries(pipeline.jobs).flatMap(([name, job]): Removing[] =>
      job.remove === undefined || !pipeline.triggers.pullRequests || isNeverIn(preview, job.condition, delivery)
        ? []
        : [{ pipeline, name, job }],
    ),
  );
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
