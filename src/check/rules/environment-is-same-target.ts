import type { StagedPipeline } from "../../facts/staged.ts";
import type { Claim } from "../../simulation/claim.ts";
import type { JobPattern } from "../../simulation/scenario.ts";
import type { Analysis } from "../analysis/analysis.ts";
import { changes, nameOfTarget, pipelineViews, type ResourceUse, targetOf } from "../analysis/cross-platform.ts";
import { actionPattern, stagedClaim, startLine } from "../analysis/staged-claims.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Candidate, Rule } from "../rule.ts";

export const environmentIsSameTarget: Rule = {
  id: "environment-is-same-target",
  severity: "error",
  kind: "missing gate",
  title: "two environments by name are one by target",
  why: "What is called a trial already changes the real thing: the deployment to the first environment is the deployment to the second, before anybody has looked at it.",
  url: awsDocumentation.bestPractices,
  *find(analysis) {
    const views = pipelineViews(analysis);
    for (const pipeline of analysis.facts.staged?.pipelines ?? []) {
      const view = views.find(({ id }) => id === pipeline.id);
      if (view) yield* within(analysis, pipeline, view.uses.filter(isDeployment));
    }
  },
};

/** What commands do with a bucket may be about different paths in it. */
function isDeployment(use: ResourceUse): boolean {
  const { resource, tool } = use.access;
  if (!use.action?.tier || !changes(use) || targetOf(use) === undefined) return false;
  return resource === "stack" || resource === "function" || (resource === "bucket" && tool === "S3 deploy");
}

function* within(analysis: Analysis, pipeline: StagedPipeline, uses: readonly ResourceUse[]): Generator<Candidate> {
  const { label } = pipeline;
  const seen = new Set<string>();
  for (const [i, first] of uses.entries()) {
    const target = targetOf(first)!;
    const second = uses.slice(i + 1).find((use) => targetOf(use) === target && use.action!.tier !== first.action!.tier);
    if (!second || seen.has(target)) continue;
    seen.add(target);
    const [a, b] = [first.action!, second.action!];
    yield {
      message: `"${a.stage === b.stage ? a.label : a.stageLabel}" (${a.tier}) and "${a.stage === b.stage ? b.label : b.stageLabel}" (${b.tier}) of ${label} deploy the same ${nameOfTarget(second)}`,
      at: second.access.at,
      related: [{ at: first.access.at, message: `Stage "${a.stageLabel}" deploys it as ${a.tier}` }],
      confidence: "high",
      schedule: [
        startLine(analysis, pipeline),
        `stage "${a.stageLabel}" deploys ${nameOfTarget(first)}`,
        `${b.tier} has the change already, before stage "${b.stageLabel}" begins`,
      ],
      claim: stagedClaim(analysis, pipeline, changedEarly(actionPattern(a), actionPattern(b))),
      help: "Give each environment a name, an account (role) or a region of its own.",
    };
  }
}

/** What is called a trial has changed it before the other one begins. */
function changedEarly(first: JobPattern, second: JobPattern): Pick<Claim, "schedule" | "bad"> {
  return {
    schedule: [
      { kind: "job-ended", job: first },
      { kind: "job-started", job: second },
    ],
    bad: { kind: "before", first, second },
  };
}
