import type { Bucket } from "./infrastructure.ts";
import type { ReleaseLine } from "./release-lines.ts";

/**
 * The service remembers runs for twelve months, and goes back to none that it has forgotten. One that it remembers may have
 * waited for an approval before, for sixty days.
 */
const reachableDays = 366 + 60;

export const artifactBucket: Bucket = {
  kind: "bucket",
  id: "Artifacts",
  comment: ["What the stages hand on, and what builds keep to be quicker. Nothing else has access."],
  prefix: "pipeline-artifacts-",
  expireDays: reachableDays,
  cache: { prefix: "cache/", expireDays: 30 },
};

export const checksBucket: Bucket = {
  kind: "bucket",
  id: "CheckArtifacts",
  comment: ["What checks of pull requests hand on. Apart from all that releases are made of."],
  prefix: "pipeline-checks-",
  expireDays: 14,
  cache: { prefix: "cache/", expireDays: 14 },
};

/**
 * Where in it: CodePipeline makes a folder of the pipeline's name, of its first twenty characters where it is longer. What
 * it does where several begin alike is written nowhere, so there whatever begins so is meant.
 */
export const folderOf = ({ name }: Pick<ReleaseLine, "name">): string =>
  name.length > 20 ? `${name.slice(0, 20)}*` : name;

/** Where the runs of a pipeline keep what they hand on. */
export const bucketOf = ({ runsFor }: Pick<ReleaseLine, "runsFor">): string =>
  runsFor === "pull requests" ? checksBucket.id : artifactBucket.id;
