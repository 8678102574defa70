/** Names of a delivery and of environments: also parts of host names and buckets. */
export const placePattern = /^[a-z][A-Za-z0-9-]*$/;
/**
 * Names of pipelines, jobs, artifacts and outputs: also as Terraform and CloudFormation write them. Generated names join
 * two of them by two underscores, so none has those, or ends with one.
 */
export const namePattern = /^[A-Za-z](?:[A-Za-z0-9-]|_(?=[A-Za-z0-9]))*$/;
/** Names of environment variables, and of the delivery's variables. */
export const variablePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Names of parameters and of a matrix' dimensions. */
export const inputPattern = /^[A-Za-z_][A-Za-z0-9_-]*$/;
/** Names of secrets: also the paths that secret stores use. */
export const secretPattern = /^[A-Za-z0-9_][A-Za-z0-9_./-]*$/;
/** Names of services: those of hosts. */
export const servicePattern = /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/;

/** The same for names that differ only in case, hyphens and underscores, which not every platform tells apart. */
export const foldedName = (name: string): string => name.toLowerCase().replaceAll(/[-_]/g, "");

/** Characters that a name may have. */
export const longestName = 100;
