import { type Misspelt, stagedPipelines } from "../../facts/stages.ts";
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
    for (const { stages } of stagedPipelines(facts)) {
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
    const spelt = `the ${what === "key" ? "configuration key" : what} "${written}"`;
    yield {
      message: `${kind} "${label}" has ${spelt}, which ${of} does not have`,
      at,
      // Whoever writes it wrong in one place does so in all.
      cause: { of: `${at.source.path} ${spelt} ${of}`, here: `${kind} "${label}" has it as well` },
      confidence: certain ? "high" : "medium",
      schedule: [],
      help:
        certain && meant !== undefined
          ? `It is spelt ${meant}.${what === "provider" ? " What else is found here holds once it is." : ""}`
          : `It is one of ${known.join(", ")}.`,
    };
  }
}
