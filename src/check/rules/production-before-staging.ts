import { type ActionFacts, type StagedPipeline, stagedPipelines } from "../../facts/stages.ts";
import type { Claim } from "../../simulation/claim.ts";
import { type Analysis, jobPattern } from "../analysis/analysis.ts";
import { type OnePush, onePush } from "../analysis/beside.ts";
import { deploys } from "../analysis/effects.ts";
import { beginning } from "../analysis/trigger-chains.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Rule } from "../rule.ts";

export const productionBeforeStaging: Rule = {
  id: "production-before-staging",
  severity: "error",
  kind: "missing gate",
  title: "production is deployed without a deployment or an approval before it",
  why: "What reaches production first is tried out by its users. A deployment to an environment before it, or a person who says yes, stops a bad commit there.",
  url: awsDocumentation.bestPractices,
  *find(analysis) {
    for (const pipeline of stagedPipelines(analysis.facts)) {
      const production = pipeline.actions.find((action) => action.environmentKind === "production" && deploys(action));
      // What people start by hand, by a tag or after another pipeline was somebody's decision.
      const push = pipeline.starts.find(({ cause }) => cause.kind === "push" && cause.branches.kind !== "none");
      if (!production || !push || pipeline.partial || isGuarded(analysis, pipeline, production)) continue;
      const later = pipeline.actions.find((action) => isTrial(action) && action !== production);
      const elsewhere = later ? undefined : trialElsewhere(analysis, pipeline);
      const tested = pipeline.actions.some(
        (action) => action.category === "test" && analysis.before(action, production),
      );
      if (!later && !elsewhere && (tested || isTriedByOthers(analysis, pipeline))) continue;
      const trial = later ?? elsewhere?.action;
      yield {
        message: trial
          ? `"${production.label}" deploys production ${later && analysis.before(production, later) ? "before" : "beside"} "${trial.label}" (${trial.environmentKind}), not after it`
          : `"${production.label}" deploys production, and no other environment or approval comes before it`,
        at: production.keyAt,
        related: [
          ...(trial
            ? [
                {
                  at: trial.keyAt,
                  message: `"${trial.label}" in stage "${trial.stageLabel}"${elsewhere ? ` of ${elsewhere.pipeline.label}` : ""}`,
                },
              ]
            : []),
          { at: push.at, message: "Starts on every push" },
        ],
        severity: trial ? "error" : "warning",
        confidence: later ? "high" : trial ? "medium" : "low",
        schedule: [
          `${beginning(analysis.clearest(pipeline), pipeline)}${elsewhere ? `; ${elsewhere.pipeline.label} starts` : ""}`,
          `"${production.label}" deploys production`,
          trial
            ? `"${trial.label}" has not shown yet whether the commit is good`
            : "nobody and nothing has tried the commit before",
        ],
        claim: untried(analysis, pipeline, { production, later, elsewhere }),
        help: trial
          ? `Put stage "${production.stageLabel}" behind "${trial.stageLabel}", with a manual approval in between where people decide.`
          : "Deploy to an environment like production first, or put a manual approval in front.",
      };
    }
  },
};

interface Untried {
  readonly production: ActionFacts;
  readonly later: ActionFacts | undefined;
  readonly elsewhere: Elsewhere | undefined;
}

/** Production is deployed while the trial has not ended, or without one. */
function untried(analysis: Analysis, pipeline: StagedPipeline, { production, later, elsewhere }: Untried): Claim {
  const chain = elsewhere?.push.a ?? analysis.clearest(pipeline);
  const first = jobPattern(production, chain);
  const trial = later ?? elsewhere?.action;
  if (!trial) return analysis.claim([chain], [{ kind: "job-ended", job: first }], { kind: "runs", job: first });
  const second = jobPattern(trial, chain);
  return analysis.claim(
    elsewhere ? [chain, elsewhere.push.b] : [chain],
    [
      { kind: "job-ended", job: first },
      { kind: "job-ended", job: second },
    ],
    { kind: "before", first, second },
  );
}

/** A deployment to another environment. */
function isTrial(action: ActionFacts): boolean {
  return action.environmentKind !== undefined && action.environmentKind !== "production" && deploys(action);
}

function isGuarded(analysis: Analysis, { actions }: StagedPipeline, production: ActionFacts): boolean {
  return actions.some(
    (action) => (action.kind === "approval" || isTrial(action)) && analysis.before(action, production),
  );
}

/** Another pipeline is for another environment, from another branch: merging is the decision. */
function isTriedByOthers({ facts }: Analysis, pipeline: StagedPipeline): boolean {
  return stagedPipelines(facts).some(
    (other) =>
      other !== pipeline &&
      other.actions.some((action) => action.environmentKind !== undefined && action.environmentKind !== "production"),
  );
}

interface Elsewhere {
  readonly action: ActionFacts;
  readonly pipeline: StagedPipeline;
  readonly push: OnePush;
}

function trialElsewhere(analysis: Analysis, own: StagedPipeline): Elsewhere | undefined {
  for (const pipeline of stagedPipelines(analysis.facts)) {
    const action = pipeline === own ? undefined : pipeline.actions.find(isTrial);
    const push = action && onePush(analysis, [own, pipeline]);
    if (push) return { action, pipeline, push };
  }
  return undefined;
}
