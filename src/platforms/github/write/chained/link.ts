import type { Delivery, Pipeline } from "../../../../model/delivery.ts";
import type { ArtifactNames, Ids } from "../names.ts";
import type { WriteOptions } from "../options.ts";

/** One workflow of the chain, and what its jobs need to know of it. */
export interface Link {
  readonly delivery: Delivery;
  readonly options: WriteOptions;
  readonly pipeline: Pipeline;
  /** From the first of its chain to the one right before. */
  readonly before: readonly Pipeline[];
  /** Those that its end starts. */
  readonly next: readonly Pipeline[];
  readonly artifactNames: ArtifactNames;
  readonly ids: Ids;
  readonly plan: string;
  /** Expression for the environment that the branch of the run is deployed to; empty for a pull request. */
  readonly environment: string;
  /** Expression for the lock's part of the group's name. */
  readonly place: string;
}
