import type { Job, Output, Pipeline } from "../delivery.ts";
import type { DefinitionPath } from "../refusal.ts";

/** Parts of a delivery together with the names and paths under which rules speak of them. */
export interface PlacedJob {
  readonly pipeline: Pipeline;
  readonly name: string;
  readonly job: Job;
  readonly path: DefinitionPath;
}

export interface PlacedOutput {
  readonly pipeline: Pipeline;
  readonly name: string;
  readonly output: Output;
  readonly path: DefinitionPath;
}

export interface PlacedArtifact {
  readonly madeBy: PlacedJob;
  readonly name: string;
  readonly path: DefinitionPath;
}
