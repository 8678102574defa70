import { awsDocumentation } from "../documentation-aws.ts";
import type { Rule } from "../rule.ts";

export const unknownProviderOrKey: Rule = {
  id: "unknown-provider-or-key",
  severity: "error",
  kind: "dead edge",
  title: "an action has a provider, category or key that the service does not have",
  why: "CodePipeline compares these names letter by letter and refuses the whole pipeline because of one it does not know.",
  url: awsDocumentation.actions,
  *find({ facts }) {
    for (const { actions } of facts.staged?.pipelines ?? []) {
      for (const { label, misspelt } of actions) {
        for (const { what, written, at, known, of, certain } of misspelt) {
          const [meant] = known;
          yield {
            message: `Action "${label}" has the ${what === "key" ? "configuration key" : what} "${written}", which ${of} does not have`,
            at,
            confidence: certain ? "high" : "medium",
            schedule: [],
            help: certain && meant !== undefined ? `It is spelt ${meant}.` : `It is one of ${known.join(", ")}.`,
          };
        }
      }
    }
  },
};
