/** A delivery as an account knows it: what is written for it, and its CodePipelines read back from the printed template. */
import type { Delivery } from "../../../../src/model/delivery.ts";
import type { SimulatedPipeline } from "../../../../src/platforms/codepipeline/simulate/simulated-pipeline.ts";
import type { Action, Infrastructure } from "../../../../src/platforms/codepipeline/write/infrastructure.ts";
import { lowerDelivery } from "../../../../src/platforms/codepipeline/write/lower.ts";
import { settingsSchema, type WriteOptions } from "../../../../src/platforms/codepipeline/write/options.ts";
import { writeCodePipeline } from "../../../../src/platforms/codepipeline/write/write.ts";
import { readBack } from "../simulate/read-back.ts";

export type Layout = "single" | "separate";

export interface Definition {
  readonly delivery: Delivery;
  readonly layout: Layout;
  readonly infrastructure: Infrastructure;
  /** Their names are their ids. */
  readonly pipelines: readonly SimulatedPipeline[];
}

export async function definitionOf(delivery: Delivery, layout: Layout, settings: object = {}): Promise<Definition> {
  const options: WriteOptions = {
    layout,
    format: "cloudformation",
    root: "",
    folder: "codepipeline",
    settings: settingsSchema.parse(settings),
  };
  const { pipelines } = await readBack(writeCodePipeline(delivery, options));
  return {
    delivery,
    layout,
    infrastructure: lowerDelivery(delivery, options),
    pipelines: pipelines.map((one) => ({ ...one, id: one.name })),
  };
}

/** What the template says of an action, beside what the simulator knows of it. */
export function writtenAction({ infrastructure }: Definition, at: { pipeline: string; stage: string; action: string }) {
  for (const one of infrastructure.resources) {
    if (one.kind !== "pipeline" || one.name !== at.pipeline) continue;
    const stage = one.stages.find(({ name }) => name === at.stage);
    const found = stage?.actions.find(({ name }) => name === at.action);
    if (found) return found;
  }
  throw new Error(`${at.pipeline} has no action ${at.stage}/${at.action}`);
}

/** Variables of the project that an action builds with, as far as the template says them. */
export function projectVariables({ infrastructure }: Definition, action: Action): Record<string, string> {
  const [reference] = action.configuration.ProjectName as readonly { of: string }[];
  const project = infrastructure.resources.find((one) => one.kind === "project" && one.id === reference!.of);
  if (project?.kind !== "project") throw new Error(`${action.name} has no project`);
  return Object.fromEntries(
    project.variables.flatMap(({ name, value }) => (typeof value === "string" ? [[name, value]] : [])),
  );
}

/** Whether an event is one of those that a rule hears: a list lets its values through, by their beginning where it says so. */
export function isHeard(pattern: unknown, event: unknown): boolean {
  if (Array.isArray(pattern)) {
    return pattern.some((one) =>
      typeof one === "object" ? typeof event === "string" && event.startsWith(one.prefix) : one === event,
    );
  }
  const known = event as Readonly<Record<string, unknown>> | undefined;
  return Object.entries(pattern as object).every(([key, inner]) => isHeard(inner, known?.[key]));
}
