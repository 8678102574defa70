import type { Delivery, Pipeline } from "../../../../model/delivery.ts";
import type { ArtifactNames, Ids } from "../names.ts";
import type { WriteOptions } from "../options.ts";
import type { PipelineRow } from "../scripts/rows.ts";

/** One workflow of the chain, and what its jobs need to know of it. */
export interface Link {
  readonly delivery: Delivery;
  readonly options: WriteOptions;
  readonly pipeline: Pipeline;
  /** From the first of its chain to the one right before. */
  readonly before: readonly Pipeline[];
  /** Of those before and of itself. */
  readonly rows: readonly PipelineRow[];
  readonly artifactNames: ArtifactNames;
  readonly ids: Ids;
  readonly plan: string;
  /** Expression for the environment that the branch of the run is deployed to; empty for a pull request. */
  readonly environment: string;
}
