import type { Pipeline } from "../../facts/facts.ts";
import { isAction, isStaged, runTogether, type StagedPipeline, stagedPipelines } from "../../facts/stages.ts";
import { identity } from "../../facts/written.ts";
import type { Analysis } from "../analysis/analysis.ts";
import { atOnce } from "../analysis/at-once.ts";
import {
  changes,
  follows,
  nameOfTarget,
  onePush,
  pairsBesideStages,
  type ResourceUse,
  targetOf,
  usesOf,
  whereOf,
} from "../analysis/beside.ts";
import { overlapOf } from "../analysis/overlap.ts";
import { beginning } from "../analysis/trigger-chains.ts";
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
    for (const pipeline of stagedPipelines(analysis.facts)) yield* within(analysis, pipeline);
    for (const [a, b] of pairsBesideStages(analysis)) {
      if (!follows(a, b) && !follows(b, a)) yield* between(analysis, a, b);
    }
  },
};

function stacks(analysis: Analysis, pipeline: Pipeline): ResourceUse[] {
  return usesOf(analysis, pipeline).filter(
    (use) => use.access.resource === "stack" && changes(use) && targetOf(use) !== undefined,
  );
}

function* within(analysis: Analysis, pipeline: StagedPipeline): Generator<Candidate> {
  const own = stacks(analysis, pipeline);
  const chain = analysis.clearest(pipeline);
  for (const [i, first] of own.entries()) {
    for (const second of own.slice(i + 1)) {
      const [a, b] = [first.job, second.job];
      if (!isAction(a) || !isAction(b) || !runTogether(a, b) || targetOf(first) !== targetOf(second)) continue;
      yield {
        message: `${nameOfTarget(first)} is deployed by two actions at once: "${a.label}" and "${b.label}"`,
        at: second.access.at,
        related: [{ at: first.access.at, message: `The same stack, in ${whereOf(a)}` }],
        confidence: "high",
        schedule: [
          beginning(chain, pipeline),
          `stage "${a.stageLabel}" -> "${a.label}" starts; "${b.label}" starts`,
          "both update the stack",
        ],
        claim: atOnce(analysis, { job: a, chain }, { job: b, chain }),
        help: "Give them different run orders, or different stacks.",
      };
    }
  }
}

function* between(analysis: Analysis, a: Pipeline, b: Pipeline): Generator<Candidate> {
  const seen = new Set<string>();
  for (const first of stacks(analysis, a)) {
    const second = stacks(analysis, b).find((use) => targetOf(use) === targetOf(first));
    const target = targetOf(first)!;
    if (!second || seen.has(target)) continue;
    seen.add(target);
    const push = onePush(analysis, [a, b], [first.job, second.job]);
    const [x, y] = [a, b].map(({ starts }) => starts.find(({ cause }) => cause.kind === "push"));
    if (!push && maybeElsewhere(a, b)) continue;
    const overlap = overlapOf(analysis, push, [first.job, second.job]);
    if (!overlap) continue;
    const [one, other] = overlap.jobs;
    yield {
      message: `${a.label} and ${b.label} both deploy ${nameOfTarget(first)} and nothing orders them`,
      at: second.access.at,
      related: [
        { at: first.access.at, message: `${a.label} deploys it: ${whereOf(first.job)}` },
        ...(x ? [{ at: x.at, message: `${a.label} starts here` }] : []),
        ...(y ? [{ at: y.at, message: `${b.label} starts here` }] : []),
      ],
      confidence: push && !push.apart ? "high" : "medium",
      schedule: [overlap.line, `${whereOf(second.job)} updates the stack while ${whereOf(first.job)} does`],
      claim: {
        scenario: overlap.scenario,
        schedule: [
          { kind: "job-started", job: one },
          { kind: "job-started", job: other },
          { kind: "job-ended", job: one },
        ],
        bad: { kind: "overlap", first: one, second: other },
      },
      help: "Let one pipeline own the stack. Where both must change it, make them stages of one pipeline, or give each environment a stack of its own.",
    };
  }
}

/** Templates for different source repositories may be for different accounts, where the same name is another stack. */
function maybeElsewhere(a: Pipeline, b: Pipeline): boolean {
  if (!isStaged(a) || !isStaged(b)) return false;
  const [x, y] = [a, b].map(({ starts }) => starts.find(({ cause }) => cause.kind === "push"));
  if (!x || !y) return false;
  const [from, other] = [x, y].map(({ cause }) =>
    cause.kind === "push" && cause.source && !cause.source.missing ? identity(cause.source.repository.key) : undefined,
  );
  return x.at.source.path !== y.at.source.path && from !== other;
}
