import { type ActionFacts, comesBefore, type StagedPipeline } from "../../facts/staged.ts";
import type { Claim } from "../../simulation/claim.ts";
import type { Analysis } from "../analysis/analysis.ts";
import { type CoStart, coStart, pipelineViews } from "../analysis/cross-platform.ts";
import { actionPattern, stagedClaim, stagedScenario, startLine } from "../analysis/staged-claims.ts";
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
    for (const pipeline of analysis.facts.staged?.pipelines ?? []) {
      const production = pipeline.actions.find((action) => action.tier === "production" && deploys(action));
      // What people start by hand, by a tag or after another pipeline was somebody's decision.
      const push = pipeline.starts.find((start) => start.kind === "push" && start.branches.kind !== "none");
      if (!production || !push || pipeline.partial || isGuarded(pipeline, production)) continue;
      const later = pipeline.actions.find((action) => isTrial(action) && action !== production);
      const elsewhere = later ? undefined : trialElsewhere(analysis, pipeline);
      const tested = pipeline.actions.some((action) => action.kind === "test" && comesBefore(action, production));
      if (!later && !elsewhere && (tested || isTriedByOthers(analysis, pipeline))) continue;
      const trial = later ?? elsewhere?.action;
      yield {
        message: trial
          ? `"${production.label}" deploys production ${later && comesBefore(production, later) ? "before" : "beside"} "${trial.label}" (${trial.tier}), not after it`
          : `"${production.label}" deploys production, and no other environment or approval comes before it`,
        at: production.nameAt,
        related: [
          ...(trial
            ? [
                {
                  at: trial.nameAt,
                  message: `"${trial.label}" in stage "${trial.stageLabel}"${elsewhere ? ` of ${elsewhere.label}` : ""}`,
                },
              ]
            : []),
          { at: push.at, message: "Starts on every push" },
        ],
        severity: trial ? "error" : "warning",
        confidence: later ? "high" : trial ? "medium" : "low",
        schedule: [
          `${startLine(analysis, pipeline)}${elsewhere ? `; ${elsewhere.label} starts` : ""}`,
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
  if (!later && !elsewhere) {
    const job = actionPattern(production);
    return stagedClaim(analysis, pipeline, {
      schedule: [{ kind: "job-ended", job }],
      bad: { kind: "runs", job },
    });
  }
  const [first, second] = [actionPattern(production), actionPattern(later ?? elsewhere!.action)];
  const told: Pick<Claim, "schedule" | "bad"> = {
    schedule: [
      { kind: "job-ended", job: first },
      { kind: "job-ended", job: second },
    ],
    bad: { kind: "before", first, second },
  };
  if (!elsewhere) return stagedClaim(analysis, pipeline, told);
  const { start, pipeline: other } = elsewhere;
  const events = [start.push];
  return {
    scenario: stagedScenario(analysis, { events, choices: start.choices, pipelines: [pipeline, other] }),
    ...told,
  };
}

function deploys(action: ActionFacts): boolean {
  if (action.kind === "deploy") return true;
  return action.accesses.some((access) => access.kind === "resource" && access.effect === "deploy");
}

/** A deployment to another environment. */
function isTrial(action: ActionFacts): boolean {
  return action.tier !== undefined && action.tier !== "production" && deploys(action);
}

function isGuarded({ actions }: StagedPipeline, production: ActionFacts): boolean {
  return actions.some((action) => (action.kind === "approval" || isTrial(action)) && comesBefore(action, production));
}

/** Another pipeline is for another environment, from another branch: merging is the decision. */
function isTriedByOthers({ facts }: Analysis, pipeline: StagedPipeline): boolean {
  return (facts.staged?.pipelines ?? []).some(
    (other) =>
      other !== pipeline && other.actions.some((action) => action.tier !== undefined && action.tier !== "production"),
  );
}

interface Elsewhere {
  readonly label: string;
  readonly action: ActionFacts;
  readonly pipeline: StagedPipeline;
  readonly start: CoStart;
}

function trialElsewhere(analysis: Analysis, pipeline: StagedPipeline): Elsewhere | undefined {
  const views = pipelineViews(analysis);
  const own = views.find(({ id }) => id === pipeline.id);
  for (const other of analysis.facts.staged?.pipelines ?? []) {
    const view = views.find(({ id }) => id === other.id);
    const action = other === pipeline ? undefined : other.actions.find(isTrial);
    const start = own && view && action ? coStart(own, view) : undefined;
    if (start && action) return { label: other.label, action, pipeline: other, start };
  }
  return undefined;
}
