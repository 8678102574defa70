import type { PolicyStatement, Role } from "./infrastructure.ts";
import { account, partition, text } from "./text.ts";

/** Who may take a role on: a service on behalf of this account, or one role of another account. */
export function trustOf(role: Role): PolicyStatement {
  if ("lentTo" in role) {
    const { account: of, role: pathAndName } = role.lentTo;
    return {
      Effect: "Allow",
      // A role that does not exist yet cannot be named as a principal; the condition names it before and after.
      Principal: { AWS: text`arn:${partition}:iam::${of}:root` },
      Action: "sts:AssumeRole",
      Condition: { ArnEquals: { "aws:PrincipalArn": text`arn:${partition}:iam::${of}:role${pathAndName}` } },
    };
  }
  return {
    Effect: "Allow",
    Principal: { Service: role.service },
    Action: "sts:AssumeRole",
    // Nobody else's pipeline may borrow it. Whether Lambda says for whom it asks is documented both ways, and whoever gives
    // a function a role must be of the role's account. Of channels no page says it, and their role has no rights.
    ...(!["lambda.amazonaws.com", "chatbot.amazonaws.com"].includes(role.service) && {
      Condition: { StringEquals: { "aws:SourceAccount": [account] } },
    }),
  };
}
