/** Names of environments, pipelines, jobs, artifacts and outputs. */
export const namePattern = /^[a-z][A-Za-z0-9-]*$/;
/** Names of environment variables, and of the delivery's variables. */
export const variablePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Names of parameters and of a matrix' dimensions. */
export const inputPattern = /^[A-Za-z_][A-Za-z0-9_-]*$/;
/** Names of secrets: also the paths that secret stores use. */
export const secretPattern = /^[A-Za-z0-9_][A-Za-z0-9_./-]*$/;

/** Characters that a name may have. */
export const longestName = 100;
