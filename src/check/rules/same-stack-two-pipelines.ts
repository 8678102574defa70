import { runTogether } from "../../facts/staged.ts";
import type { Claim } from "../../simulation/claim.ts";
import type { JobPattern } from "../../simulation/scenario.ts";
import type { Analysis } from "../analysis/analysis.ts";
import {
  changes,
  coStartOf,
  nameOfTarget,
  type PipelineView,
  pipelineViews,
  type ResourceUse,
  samePipeline,
  startsAfter,
  targetOf,
} from "../analysis/cross-platform.ts";
import { overlapOf } from "../analysis/overlap.ts";
import { actionPattern, stagedClaim, startLine } from "../analysis/staged-claims.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Candidate, Rule } from "../rule.ts";

export const sameStackTwoPipelines: Rule = {
  id: "same-stack-two-pipelines",
  severity: "error",
  kind: "race",
  title: "two pipelines deploy one stack",
  why: "CloudFormation refuses the second update while the first is under way; otherwise whoever is last decides what the stack is, and takes away what the other has put there.",
  url: awsDocumentation.cloudFormation,
  *find(analysis) {
    const views = pipelineViews(analysis);
    for (const [i, a] of views.entries()) {
      if (a.platform === "stages") yield* within(analysis, a);
      for (const b of views.slice(i + 1)) {
        if (samePipeline(a, b) || (a.platform === "jobs" && b.platform === "jobs")) continue;
        if (startsAfter(a, b) || startsAfter(b, a)) continue;
        yield* between(analysis, a, b);
      }
    }
  },
};

function stacks({ uses }: PipelineView): ResourceUse[] {
  return uses.filter((use) => use.access.resource === "stack" && changes(use) && targetOf(use) !== undefined);
}

function* within(analysis: Analysis, view: PipelineView): Generator<Candidate> {
  const pipeline = analysis.facts.staged!.pipelines.find(({ id }) => id === view.id)!;
  const own = stacks(view);
  for (const [i, a] of own.entries()) {
    for (const b of own.slice(i + 1)) {
      if (!a.action || !b.action || !runTogether(a.action, b.action) || targetOf(a) !== targetOf(b)) continue;
      yield {
        message: `${nameOfTarget(a)} is deployed by two actions at once: "${a.action.label}" and "${b.action.label}"`,
        at: b.access.at,
        related: [{ at: a.access.at, message: `The same stack, in ${a.where}` }],
        confidence: "high",
        schedule: [
          startLine(analysis, pipeline),
          `stage "${a.action.stageLabel}" -> "${a.action.label}" starts; "${b.action.label}" starts`,
          "both update the stack",
        ],
        claim: stagedClaim(analysis, pipeline, bothAtOnce(actionPattern(a.action), actionPattern(b.action))),
        help: "Give them different run orders, or different stacks.",
      };
    }
  }
}

/** Each begins before the other has ended. */
function bothAtOnce(first: JobPattern, second: JobPattern): Pick<Claim, "schedule" | "bad"> {
  return {
    schedule: [
      { kind: "job-started", job: first },
      { kind: "job-started", job: second },
      { kind: "job-ended", job: first },
    ],
    bad: { kind: "overlap", first, second },
  };
}

function* between(analysis: Analysis, a: PipelineView, b: PipelineView): Generator<Candidate> {
  const seen = new Set<string>();
  for (const first of stacks(a)) {
    const second = stacks(b).find((use) => targetOf(use) === targetOf(first));
    const target = targetOf(first)!;
    if (!second || seen.has(target)) continue;
    seen.add(target);
    const start = coStartOf(analysis, [a, first.job], [b, second.job]);
    const [x, y] = [a.pushes[0], b.pushes[0]];
    if (!start && maybeElsewhere(a, b)) continue;
    const overlap = overlapOf(analysis, start, [
      [a, first.job],
      [b, second.job],
    ]);
    if (!overlap) continue;
    yield {
      message: `${a.label} and ${b.label} both deploy ${nameOfTarget(first)} and nothing orders them`,
      at: second.access.at,
      related: [
        { at: first.access.at, message: `${a.label} deploys it: ${first.where}` },
        ...(x ? [{ at: x.at, message: `${a.label} starts here` }] : []),
        ...(y ? [{ at: y.at, message: `${b.label} starts here` }] : []),
      ],
      confidence: start && !start.apart ? "high" : "medium",
      schedule: [overlap.line, `${second.where} updates the stack while ${first.where} does`],
      claim: { scenario: overlap.scenario, ...bothAtOnce(...overlap.jobs) },
      help: "Let one pipeline own the stack. Where both must change it, make them stages of one pipeline, or give each environment a stack of its own.",
    };
  }
}

/** Templates for different source repositories may be for different accounts, where the same name is another stack. */
function maybeElsewhere(a: PipelineView, b: PipelineView): boolean {
  const [x, y] = [a.pushes[0], b.pushes[0]];
  if (a.platform === "jobs" || b.platform === "jobs") return false;
  return x !== undefined && y !== undefined && x.at.source.path !== y.at.source.path && x.repository !== y.repository;
}
