/** Names that every pipeline has. */

export const sourceAction = "repository";
export const sourceArtifact = "Source";
/** Ids of what all stages refer to. */
export const ids = {
  connection: "ConnectionArn",
  repository: "Repository",
  sourceBucket: "SourceBucket",
  approvals: "Notifications",
} as const;
