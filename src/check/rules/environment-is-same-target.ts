import type { EnvironmentKind } from "../../facts/environment-kind.ts";
import { type ActionFacts, isAction, type StagedPipeline, stagedPipelines } from "../../facts/stages.ts";
import type { Claim } from "../../simulation/claim.ts";
import { type Analysis, jobPattern } from "../analysis/analysis.ts";
import { changes, nameOfTarget, type ResourceUse, targetOf, usesOf } from "../analysis/beside.ts";
import { beginning, type TriggerChain } from "../analysis/trigger-chains.ts";
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
    for (const pipeline of stagedPipelines(analysis.facts)) {
      yield* within(analysis, pipeline, usesOf(analysis, pipeline).filter(isDeployment));
    }
  },
};

/** What commands do with a bucket may be about different paths in it. */
function isDeployment(use: ResourceUse): boolean {
  const { resource, tool } = use.access;
  if (!environmentKindOf(use) || !changes(use) || targetOf(use) === undefined) return false;
  return resource === "stack" || resource === "function" || (resource === "bucket" && tool === "S3 deploy");
}

function* within(analysis: Analysis, pipeline: StagedPipeline, uses: readonly ResourceUse[]): Generator<Candidate> {
  const { label } = pipeline;
  const seen = new Set<string>();
  for (const [i, first] of uses.entries()) {
    const target = targetOf(first)!;
    const second = uses
      .slice(i + 1)
      .find((use) => targetOf(use) === target && environmentKindOf(use) !== environmentKindOf(first));
    if (!second || seen.has(target)) continue;
    seen.add(target);
    const [a, b] = [first.job, second.job] as [ActionFacts, ActionFacts];
    const chain = analysis.clearest(pipeline);
    yield {
      message: `"${a.stage === b.stage ? a.label : a.stageLabel}" (${a.environmentKind}) and "${a.stage === b.stage ? b.label : b.stageLabel}" (${b.environmentKind}) of ${label} deploy the same ${nameOfTarget(second)}`,
      at: second.access.at,
      related: [{ at: first.access.at, message: `Stage "${a.stageLabel}" deploys it as ${a.environmentKind}` }],
      confidence: "high",
      schedule: [
        beginning(chain, pipeline),
        `stage "${a.stageLabel}" deploys ${nameOfTarget(first)}`,
        `${b.environmentKind} has the change already, before stage "${b.stageLabel}" begins`,
      ],
      claim: changedEarly(analysis, chain, [a, b]),
      help: "Give each environment a name, an account (role) or a region of its own.",
    };
  }
}

/** What is called a trial has changed it before the other one begins. */
function changedEarly(analysis: Analysis, chain: TriggerChain, [a, b]: readonly [ActionFacts, ActionFacts]): Claim {
  const [first, second] = [jobPattern(a, chain), jobPattern(b, chain)];
  return analysis.claim(
    [chain],
    [
      { kind: "job-ended", job: first },
      { kind: "job-started", job: second },
    ],
    { kind: "before", first, second },
  );
}

function environmentKindOf({ job }: ResourceUse): EnvironmentKind | undefined {
  return isAction(job) ? job.environmentKind : undefined;
}
