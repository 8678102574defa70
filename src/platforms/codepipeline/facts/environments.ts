import { type EnvironmentKind, environmentKindIn } from "../../../facts/environment-kind.ts";

/**
 * Where pipelines are made of stages, stages are called so: elsewhere the first three are channels of a release, and
 * here "stage" says nothing.
 */
const stageNames = { alpha: "development", beta: "testing", gamma: "testing", stage: undefined } as const;

export function environmentKindOf(name: string): EnvironmentKind | undefined {
  return environmentKindIn(name, stageNames);
}
