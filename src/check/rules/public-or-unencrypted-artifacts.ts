import { type StoreFacts, type StoreGap, stagedPipelines } from "../../facts/stages.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Candidate, Rule } from "../rule.ts";

export const publicOrUnencryptedArtifacts: Rule = {
  id: "public-or-unencrypted-artifacts",
  severity: "warning",
  kind: "exposure",
  title: "artifacts are not closed off, or the pipeline's role may do everything",
  why: "The artifact bucket holds the sources and all that is deployed: who can read it has the code, who can write it decides what production runs. A role with a powerful right on everything makes every build that uses it an administrator.",
  url: awsDocumentation.security,
  *find({ facts }) {
    for (const { stores, wideRights, label } of stagedPipelines(facts)) {
      for (const store of stores) yield* gaps(store, label);
      for (const { actions, at } of wideRights) {
        yield {
          message: `The role of ${label} may do ${actions.join(", ")} on every resource`,
          at,
          confidence: "high",
          schedule: [],
          help: "Name the resources the pipeline works on: its bucket, its build projects, its stacks, and for iam:PassRole the one role that is passed.",
        };
      }
    }
  },
};

function* gaps({ label, gaps }: StoreFacts, pipeline: string): Generator<Candidate> {
  const open = gaps.find(({ what }) => what === "public");
  const unsaid = gaps.filter(({ what }) => what !== "public");
  if (open) {
    yield {
      message: `The artifact bucket ${label} of ${pipeline} can be read by everybody`,
      at: open.at,
      severity: "error",
      confidence: "high",
      schedule: [],
      help: "Take the public access away and block it for the bucket.",
    };
  }
  const [first] = unsaid;
  if (!first) return;
  const opened = unsaid.some(({ what, at }) => what === "may-be-public" && at.start !== first.at.start);
  yield {
    message: `The artifact bucket ${label} of ${pipeline} ${unsaid.map(words).join(" and ")}`,
    at: first.at,
    // Buckets made since 2023 are closed and encrypted unless somebody says otherwise.
    ...(opened ? {} : { severity: "note" as const }),
    confidence: opened ? "high" : "medium",
    schedule: [],
    help: "Block all public access and say how objects are encrypted: new buckets have both by default, older ones do not, and what is written cannot be switched off unseen.",
  };
}

function words({ what }: StoreGap): string {
  switch (what) {
    case "public":
      return "is public";
    case "may-be-public":
      return "does not block public access";
    case "unencrypted":
      return "does not say how it is encrypted";
    default:
      return what satisfies never;
  }
}
