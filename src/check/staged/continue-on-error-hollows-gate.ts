import { type ActionFacts, comesBefore, type PhaseText, type StagedPipeline } from "../../facts/staged.ts";
import type { Place } from "../../findings/source.ts";
import type { Analysis } from "../analysis/analysis.ts";
import { runsTests } from "../analysis/effects.ts";
import { actionPattern, stagedChain, stagedClaim, startLine } from "../analysis/staged-claims.ts";
import { deploys, lastingEffect, stagedPipelines } from "../analysis/staged-parts.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Candidate } from "../rule.ts";

/** Tests among other lines of one command, whose failure is lost: only the last line counts. */
export function* lostFailures(analysis: Analysis): Generator<Candidate> {
  const seen = new Set<string>();
  for (const pipeline of stagedPipelines(analysis)) {
    for (const action of pipeline.actions) {
      for (const [phase, { texts, name }] of action.phases.entries()) {
        const lost = texts.find(losesTests);
        const place = lost && `${lost.at.source.path}:${lost.at.start}`;
        const after = lost && deploymentAfter(pipeline, action, phase);
        if (!lost || !place || !after || seen.has(place)) continue;
        seen.add(place);
        yield {
          message: `Failed tests in "${action.label}" do not count: ${after.does} all the same`,
          at: lost.at,
          related: [{ at: after.at, message: "It deploys here" }],
          confidence: "high",
          schedule: [
            startLine(analysis, pipeline),
            `"${action.label}"${name === "" ? "" : `, ${name}`}: the tests fail`,
            "the lines after them run, and the last one passes: so does the command",
            after.does,
          ],
          why: "CodeBuild looks at how a command ends as a whole. Of several lines in one command that is how the last one ends, unless the shell is told to stop at errors.",
          url: awsDocumentation.buildspec,
          help: "Write the tests as a command of their own, or begin the lines with `set -e`.",
          claim: failsAndGoesOn(analysis, pipeline, { action, phase, after }),
        };
      }
    }
  }
}

interface After {
  readonly does: string;
  readonly at: Place;
  readonly action: ActionFacts;
  /** Of the action itself. */
  readonly phase: number | undefined;
}

interface Lost {
  readonly action: ActionFacts;
  readonly phase: number;
  readonly after: After;
}

function failsAndGoesOn(analysis: Analysis, pipeline: StagedPipeline, { action, phase, after }: Lost) {
  const { root } = stagedChain(analysis, pipeline);
  const [job, follower] = [actionPattern(action, root.id), actionPattern(after.action, root.id)];
  const failed = { kind: "step", job, step: phase, outcome: "failure" } as const;
  const step = after.phase === undefined ? {} : { step: after.phase };
  const claim =
    after.action === action && after.phase === phase
      ? stagedClaim(analysis, pipeline, {
          schedule: [failed, { kind: "job-ended", job, conclusion: "success" }],
          bad: { kind: "runs", job, step: phase },
        })
      : stagedClaim(analysis, pipeline, {
          schedule: [failed],
          bad: { kind: "runs-after-step", job, failed: phase, follower, ...step },
        });
  const outcomes = [...claim.scenario.outcomes, { job, step: phase, outcome: "failure" as const }];
  return { ...claim, scenario: { ...claim.scenario, outcomes } };
}

/** What deploys afterwards: in the same phase, in a later one, or in a later action. */
function deploymentAfter(pipeline: StagedPipeline, action: ActionFacts, phase: number): After | undefined {
  for (const [later, { accesses }] of action.phases.entries()) {
    const effect = later >= phase ? lastingEffect({ accesses }) : undefined;
    if (effect) return { does: `${effect.tool} deploys`, at: effect.at, action, phase: later };
  }
  const follower = pipeline.actions.find((each) => comesBefore(action, each) && deploys(each));
  return follower && { does: `"${follower.label}" deploys`, at: follower.nameAt, action: follower, phase: undefined };
}

/** A line runs tests, is not the last, and nothing looks at how it ends. */
function losesTests({ text, goesOn }: PhaseText): boolean {
  if (!goesOn || /\$\?|PIPESTATUS|\bif\b|\bexit\b|\breturn\b/.test(text)) return false;
  const lines = text
    .replace(/\\\r?\n\s*/g, " ")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  return lines.some(
    (line, i) =>
      i < lines.length - 1 && runsTests(line) && !/(?:&&|\||;)$|\|\|/.test(line) && !/^(?:&&|\|)/.test(lines[i + 1]!),
  );
}
