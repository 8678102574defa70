/** What CodePipeline may do to deploy a stack; what the stack may do is up to the role that is lent to it. */

import type { Statement } from "./infrastructure.ts";
import { roleId } from "./job-ids.ts";
import type { JobPlace, Register } from "./job-place.ts";
import { nativeStack } from "./native.ts";
import { scopeOf } from "./targets.ts";
import { arnIn, arnOf, type Text } from "./text.ts";

const actions = [
  "CreateStack",
  "UpdateStack",
  "DeleteStack",
  "DescribeStacks",
  "DescribeStackEvents",
  "DescribeStackResources",
  "GetTemplate",
].map((action) => `cloudformation:${action}`);

/** For jobs whose roles stand in the same document. */
export function stackStatements(native: readonly JobPlace[], register: Register): Statement[] {
  const places = native.filter((place) => nativeStack(place, register) !== undefined);
  if (places.length === 0) return [];
  return [
    {
      sid: "DeployStacks",
      actions,
      resources: places.map((place) =>
        arnIn(scopeOf(place), "cloudformation", `stack/${nativeStack(place, register)!.stack}/*`),
      ),
    },
    {
      sid: "LendRolesToStacks",
      actions: ["iam:PassRole"],
      resources: places.map((place): Text => [arnOf(roleId(place, register))]),
      condition: { StringEquals: { "iam:PassedToService": "cloudformation.amazonaws.com" } },
    },
  ];
}
