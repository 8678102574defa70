import { stagedPipelines } from "../../facts/stages.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Rule } from "../rule.ts";

export const tokenSource: Rule = {
  id: "token-source",
  severity: "warning",
  kind: "exposure",
  title: "the source uses a person's token in place of a connection",
  why: "A token acts as the person who made it, on all their repositories, until they leave or it expires and the pipeline stops starting. A connection belongs to the account, is limited to the repositories it was given, and allows path filters.",
  url: awsDocumentation.connections,
  *find({ facts }) {
    for (const { actions } of stagedPipelines(facts)) {
      for (const { label, token } of actions) {
        if (!token) continue;
        yield {
          message: `Source action "${label}" reads GitHub with a token (provider GitHub, version 1)`,
          at: token.at,
          confidence: "high",
          schedule: [],
          help: "Make a connection to GitHub, and use provider CodeStarSourceConnection with its ConnectionArn, FullRepositoryId and BranchName.",
        };
      }
    }
  },
};
