import type { WorkflowDocument } from "../document.ts";

/** The called workflow that takes a release through one environment, and what calls it must hand in. */
export interface EnvironmentWorkflow {
  readonly document: WorkflowDocument;
  /** What the release hands in: input to output of the pipeline's per-release workflow. */
  readonly handIn: ReadonlyMap<string, { pipeline: string; output: string }>;
  readonly builders: readonly string[];
  readonly secrets: readonly string[];
}
