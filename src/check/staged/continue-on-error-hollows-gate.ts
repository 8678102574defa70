import { type ActionFacts, comesBefore, type PhaseText, type StagedPipeline } from "../../facts/staged.ts";
import type { Place } from "../../findings/source.ts";
import type { Analysis } from "../analysis/analysis.ts";
import { forgivenIn } from "../analysis/effects.ts";
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
            lost.goesOn
              ? "the lines after them run, and the last one passes: so does the command"
              : "the command passes all the same",
            after.does,
          ],
          why: "CodeBuild looks at how a command ends as a whole. Of several lines in one command that is how the last one ends, unless the shell is told to stop at errors.",
          url: awsDocumentation.buildspec,
          help: lost.goesOn
            ? "Write the tests as a command of their own, or begin the lines with `set -e`."
            : "Let the tests decide how their command ends: remove what follows them.",
          claim: failsAndGoesOn(analysis, pipeline, { action, phase, after, goesOn: lost.goesOn }),
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
  /** The shell goes on after the line; else the line itself passes. */
  readonly goesOn: boolean;
}

function failsAndGoesOn(analysis: Analysis, pipeline: StagedPipeline, { action, phase, after, goesOn }: Lost) {
  const { root } = stagedChain(analysis, pipeline);
  const [job, follower] = [actionPattern(action, root.id), actionPattern(after.action, root.id)];
  // Whatever the tests say, the line passes: that is all there is to see.
  if (!goesOn) {
    const place = after.phase === undefined ? {} : { step: after.phase };
    return stagedClaim(analysis, pipeline, {
      schedule: [{ kind: "step", job, step: phase, outcome: "success" }],
      bad: { kind: "runs", job: follower, ...place },
    });
  }
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

/** A line runs tests, and nothing looks at how it ends: it is not the last one, or passes whatever they say. */
function losesTests({ text, goesOn }: PhaseText): boolean {
  if (/\bif\b|\bexit [1-9$]|\breturn\b/.test(text)) return false;
  // CodeBuild's shell does not fail in pipes; that is left out here, as many images bring another one.
  return forgivenIn(text, { stopsAtErrors: !goesOn, failsInPipes: true }).some(({ isForgiven }) => isForgiven);
}
