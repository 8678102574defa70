/** What CodePipeline takes of a pipeline. Sources: its API model, for names and variables; its quotas, for numbers. */

import { CannotWrite } from "../../generated.ts";
import type { PipelineResource } from "./infrastructure.ts";

/** Characters of a name: of a pipeline, a stage, an action, a namespace, an artifact. */
export const longestName = 100;
const stageLimit = 50;
/** In one stage, beside or after one another. */
const actionLimit = 50;
const variableLimit = 50;
/** Characters of a variable's value; there is no empty one. */
const longestValue = 1000;
const longestDescription = 200;

/** @throws {CannotWrite} for a pipeline that the service would refuse. */
export function refuseTooMuch(pipeline: PipelineResource): void {
  const { name, stages, variables } = pipeline;
  refuseLongNames(pipeline);
  refuseMany(name, { things: "stages", count: stages.length, limit: stageLimit, next: "split the delivery" });
  refuseMany(name, { things: "parameters", count: variables.length, limit: variableLimit, next: "declare fewer" });
  for (const { name: stage, actions } of stages) {
    const next = "use the layout separate, or let one job do more";
    refuseMany(`the stage ${stage} of ${name}`, { things: "actions", count: actions.length, limit: actionLimit, next });
  }
  for (const { name: variable, default: preset } of variables) {
    const wrong = preset === undefined ? undefined : wrongValue(preset);
    if (wrong !== undefined) {
      throw new CannotWrite(
        `the default of the parameter ${variable} ${wrong}`,
        "give it another default; a word such as none can stand for nothing",
        ["parameters", variable, "default"],
      );
    }
  }
}

interface Amount {
  readonly things: string;
  readonly count: number;
  readonly limit: number;
  readonly next: string;
}

function refuseMany(whose: string, { things, count, limit, next }: Amount): void {
  if (count > limit)
    throw new CannotWrite(`${whose} would have ${count} ${things}, and CodePipeline takes ${limit}`, next);
}

function refuseLongNames({ name, stages }: PipelineResource): void {
  const actions = stages.flatMap((stage) => stage.actions);
  const names = [
    ["pipeline", name],
    ...stages.map((stage) => ["stage", stage.name]),
    ...actions.map((action) => ["action", action.name]),
    ...actions.flatMap(({ outputs }) => outputs.map((artifact) => ["artifact", artifact])),
  ] as [string, string][];
  const long = names.find(([, one]) => one.length > longestName);
  if (long === undefined) return;
  const [kind, one] = long;
  throw new CannotWrite(
    `the ${kind} ${one} would have a name of ${one.length} characters, and CodePipeline takes ${longestName}`,
    "shorten the name of the delivery, the pipeline, the job or the environment",
  );
}

function wrongValue(value: string): string | undefined {
  if (value === "") return "is empty, and a variable of CodePipeline is not";
  if (value.length > longestValue) return `has ${value.length} characters, and CodePipeline takes ${longestValue}`;
  return /[\r\n]/.test(value) ? "has more than one line, and CodePipeline takes one" : undefined;
}

/** On one line, and not longer than CodePipeline takes it. */
export function describing(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, " ");
  return line.length <= longestDescription ? line : `${line.slice(0, longestDescription - 1)}…`;
}
