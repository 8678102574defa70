/** Names that every pipeline has, and what a name may not exceed. */

export const sourceAction = "repository";
export const sourceArtifact = "Source";
/** Ids of what all stages refer to. */
export const ids = { connection: "ConnectionArn", repository: "Repository", approvals: "Notifications" } as const;

/** What a configuration may hold when it has variables in it. Source: the service's reference of variables. */
export const configurationLimit = 1000;
