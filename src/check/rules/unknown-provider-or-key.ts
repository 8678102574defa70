import type { Misspelt } from "../../facts/staged.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Candidate, Rule } from "../rule.ts";

export const unknownProviderOrKey: Rule = {
  id: "unknown-provider-or-key",
  severity: "error",
  kind: "dead edge",
  title: "an action or rule has a provider, category or key that the service does not have",
  why: "CodePipeline compares these names letter by letter and refuses the whole pipeline because of one it does not know.",
  url: awsDocumentation.actions,
  *find({ facts }) {
    for (const { stages } of facts.staged?.pipelines ?? []) {
      for (const { actions, rules } of stages) {
        for (const action of actions) yield* found("Action", action);
        for (const rule of rules) yield* found("Rule", rule);
      }
    }
  },
};

interface Spelt {
  readonly label: string;
  readonly misspelt: readonly Misspelt[];
}

function* found(kind: "Action" | "Rule", { label, misspelt }: Spelt): Generator<Candidate> {
  for (const { what, written, at, known, of, certain } of misspelt) {
    const [meant] = known;
    yield {
      message: `${kind} "${label}" has the ${what === "key" ? "configuration key" : what} "${written}", which ${of} does not have`,
      at,
      confidence: certain ? "high" : "medium",
      schedule: [],
      help: certain && meant !== undefined ? `It is spelt ${meant}.` : `It is one of ${known.join(", ")}.`,
    };
  }
}
