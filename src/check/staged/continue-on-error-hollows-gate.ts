import { type ActionFacts, type PhaseText, type StagedPipeline, stagedPipelines } from "../../facts/stages.ts";
import type { Place } from "../../findings/source.ts";
import { type Analysis, jobPattern } from "../analysis/analysis.ts";
import { forgivenIn } from "../analysis/effects.ts";
import { deploys, lastingEffect } from "../analysis/staged-parts.ts";
import { beginning } from "../analysis/trigger-chains.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Candidate } from "../rule.ts";

/** Tests among other lines of one command, whose failure is lost: only the last line counts. */
export function* lostFailures(analysis: Analysis): Generator<Candidate> {
  const seen = new Set<string>();
  for (const pipeline of stagedPipelines(analysis.facts)) {
    for (const action of pipeline.actions) {
      for (const [phase, { texts, label: name }] of action.phases.entries()) {
        const lost = texts.find(losesTests);
        const place = lost && `${lost.at.source.path}:${lost.at.start}`;
        const after = lost && deploymentAfter(analysis, pipeline, { action, phase });
        if (!lost || !place || !after || seen.has(place)) continue;
        seen.add(place);
        yield {
          message: `Failed tests in "${action.label}" do not count: ${after.does} all the same`,
          at: lost.at,
          related: [{ at: after.at, message: "It deploys here" }],
          confidence: "high",
          schedule: [
            beginning(analysis.clearest(pipeline), pipeline),
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
  const chain = analysis.clearest(pipeline);
  const [job, follower] = [jobPattern(action, chain), jobPattern(after.action, chain)];
  // Whatever the tests say, the line passes: that is all there is to see.
  if (!goesOn) {
    const place = after.phase === undefined ? {} : { step: after.phase };
    const passes = { kind: "step", job, step: phase, outcome: "success" } as const;
    return analysis.claim([chain], [passes], { kind: "runs", job: follower, ...place });
  }
  const failed = { kind: "step", job, step: phase, outcome: "failure" } as const;
  const step = after.phase === undefined ? {} : { step: after.phase };
  const outcomes = [{ job, step: phase, outcome: "failure" as const }];
  return after.action === action && after.phase === phase
    ? analysis.claim(
        [chain],
        [failed, { kind: "job-ended", job, conclusion: "success" }],
        { kind: "runs", job, step: phase },
        outcomes,
      )
    : analysis.claim([chain], [failed], { kind: "runs-after-step", job, failed: phase, follower, ...step }, outcomes);
}

/** What deploys afterwards: in the same phase, in a later one, or in a later action. */
function deploymentAfter(
  analysis: Analysis,
  pipeline: StagedPipeline,
  { action, phase }: { readonly action: ActionFacts; readonly phase: number },
): After | undefined {
  for (const [later, { accesses }] of action.phases.entries()) {
    const effect = later >= phase ? lastingEffect({ accesses }) : undefined;
    if (effect) return { does: `${effect.tool} deploys`, at: effect.at, action, phase: later };
  }
  const follower = pipeline.actions.find((each) => analysis.before(action, each) && deploys(each));
  return follower && { does: `"${follower.label}" deploys`, at: follower.keyAt, action: follower, phase: undefined };
}

/** A line runs tests, and nothing looks at how it ends: it is not the last one, or passes whatever they say. */
function losesTests({ text, goesOn }: PhaseText): boolean {
  if (/\bif\b|\bexit [1-9$]|\breturn\b/.test(text)) return false;
  // CodeBuild's shell does not fail in pipes; that is left out here, as many images bring another one.
  return forgivenIn(text, { stopsAtErrors: !goesOn, failsInPipes: true }).some(({ isForgiven }) => isForgiven);
}
