/** Beside the definition: what concerns CodePipeline alone. */
export const settingsFile = "baton.codepipeline.yaml";
