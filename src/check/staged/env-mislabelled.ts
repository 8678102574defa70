import type { Key, ResourceAccess } from "../../facts/access.ts";
import { type ActionFacts, type StagedPipeline, stagedPipelines } from "../../facts/stages.ts";
import { identity, readable } from "../../facts/written.ts";
import { type Analysis, jobPattern } from "../analysis/analysis.ts";
import { type EnvironmentKind, stageIn } from "../analysis/stages.ts";
import { beginning } from "../analysis/trigger-chains.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Candidate } from "../rule.ts";

/** A stage that is called by one environment and deploys to what is called by another. */
export function* deployedElsewhere(analysis: Analysis): Generator<Candidate> {
  for (const pipeline of stagedPipelines(analysis.facts)) {
    for (const action of pipeline.actions) {
      const named = stageIn(action.stageLabel) ?? stageIn(action.label);
      const access = named && action.accesses.find((each): each is ResourceAccess => goesElsewhere(each, named));
      if (!access || !named || isDeployedByOthers(pipeline, action, access)) continue;
      const target = `${access.resource} "${readable(access.key)}"`;
      const chain = analysis.clearest(pipeline);
      const job = jobPattern(action, chain);
      yield {
        message: `"${action.label}" in stage "${action.stageLabel}" is ${named} by its name, and deploys the ${target}`,
        at: access.at,
        related: [{ at: action.keyAt, message: `Stage "${action.stageLabel}"` }],
        confidence: "medium",
        schedule: [
          beginning(chain, pipeline),
          `stage "${action.stageLabel}" -> "${action.label}" changes the ${target}`,
        ],
        why: "The stage decides what has been tried and who has approved before. When its action goes elsewhere, production is changed under staging's rules, or never changed at all.",
        url: awsDocumentation.structure,
        help: "Let the stage and what it deploys to speak of the same environment.",
        claim: analysis.claim([chain], [{ kind: "job-ended", job }], { kind: "runs", job }),
      };
    }
  }
}

/** Only production against the rest is certain to be a mistake; names of the lower stages vary. */
function goesElsewhere(access: ActionFacts["accesses"][number], named: EnvironmentKind): boolean {
  if (access.kind !== "resource" || access.mode === "read" || access.effect !== "deploy") return false;
  const told = stageIn(wordsOf(access.key));
  return told !== undefined && told !== named && (told === "production" || named === "production");
}

/** What only a deployment knows may be the environment's name, too. */
function wordsOf(key: Key): string {
  return key.every((part) => part.kind === "text") ? readable(key) : "";
}

/** Two stages that deploy one thing are another mistake. */
function isDeployedByOthers({ actions }: StagedPipeline, own: ActionFacts, { key, resource }: ResourceAccess): boolean {
  return actions.some(
    (action) =>
      action !== own &&
      action.accesses.some(
        (access) =>
          access.kind === "resource" && access.resource === resource && identity(access.key) === identity(key),
      ),
  );
}
