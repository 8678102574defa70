/** Steps around the tools' own command lines: each yields the commands that a careful engineer would type. */
export { cdk } from "./cdk.ts";
export { cloudformation } from "./cloudformation.ts";
export { cloudfront } from "./cloudfront.ts";
export { docker } from "./docker.ts";
export { lambda } from "./lambda.ts";
export { parameterStore } from "./parameter-store.ts";
export { s3 } from "./s3.ts";
export { terraform } from "./terraform.ts";
