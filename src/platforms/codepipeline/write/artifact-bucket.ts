import type { Bucket } from "./document.ts";

export const artifactBucket: Bucket = {
  kind: "bucket",
  id: "Artifacts",
  comment: ["What the stages hand on, and what builds keep to be quicker. Nothing else has access."],
  prefix: "pipeline-artifacts-",
  expireDays: 90,
  cache: { prefix: "cache/", expireDays: 30 },
};
