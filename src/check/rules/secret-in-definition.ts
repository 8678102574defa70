import { awsDocumentation } from "../documentation-aws.ts";
import type { Rule } from "../rule.ts";

export const secretInDefinition: Rule = {
  id: "secret-in-definition",
  severity: "error",
  kind: "exposure",
  title: "a token or password stands in the files as plain text",
  why: "Everybody who can read the repository, the template or the build's settings has it, and it stays in their history when it is taken out.",
  url: awsDocumentation.security,
  *find({ facts }) {
    for (const { name, at, where, certain } of facts.secrets) {
      yield {
        message: `"${name}" is a secret in plain text, in ${where}`,
        at,
        confidence: certain ? "high" : "medium",
        schedule: [],
        help: "Make the value invalid where it was issued, keep the new one in Secrets Manager or as a SecureString, and refer to it by name. For sources, a connection needs no token at all.",
      };
    }
  },
};
