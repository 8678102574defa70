import type { Start } from "../../facts/facts.ts";
import { type StagedPipeline, stagedPipelines } from "../../facts/stages.ts";
import { type Analysis, jobPattern, runPattern } from "../analysis/analysis.ts";
import { firstDeployment } from "../analysis/staged-parts.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Candidate } from "../rule.ts";

/** A deploying pipeline that an event rule starts whatever becomes of the one before. */
export function* startedByFailure(analysis: Analysis): Generator<Candidate> {
  for (const pipeline of stagedPipelines(analysis.facts)) {
    const deployment = firstDeployment(pipeline);
    if (!deployment) continue;
    const seen = new Set<string>();
    for (const start of pipeline.starts) {
      for (const id of listenedTo(start)) {
        const before = stagedPipelines(analysis.facts).find((each) => each.id === id);
        if (!before || before.id === pipeline.id || seen.has(before.id)) continue;
        const failing = lastAction(before);
        if (!failing) continue;
        seen.add(before.id);
        const chain = analysis.clearest(before);
        const run = runPattern(before.id, chain);
        const follower = jobPattern(deployment, chain);
        yield {
          message: `${pipeline.label} starts, and "${deployment.label}" deploys, also when ${before.label} failed`,
          at: start.at,
          related: [{ at: deployment.keyAt, message: `"${deployment.label}" deploys` }],
          confidence: "high",
          schedule: [
            `${chain.described} -> ${before.label} starts`,
            `${before.label} fails`,
            `the rule lets the event through -> ${pipeline.label} starts all the same`,
            `"${deployment.label}" deploys`,
          ],
          why: "A rule on the state of a pipeline starts its target for every state that it does not leave out: when the pipeline before starts, when it fails and when it is cancelled.",
          url: awsDocumentation.events,
          help: "Let the pattern of the rule ask for `state: [SUCCEEDED]`.",
          claim: analysis.claim(
            [chain, { ...analysis.clearest(pipeline), root: chain.root }],
            [
              { kind: "run-ended", run, conclusion: "failure" },
              { kind: "job-started", job: follower },
            ],
            { kind: "runs-after-run", run, conclusions: ["failure"], follower },
            [{ job: jobPattern(failing, chain), outcome: "failure" }],
            failing,
          ),
        };
      }
    }
  }
}

/** The pipelines whose failure starts it as their success does. Who listens to failures alone cleans up after them. */
function listenedTo({ cause }: Start): readonly string[] {
  if (cause.kind !== "completion" || !cause.states) return [];
  const isBoth = cause.states === "any" || (cause.states.includes("SUCCEEDED") && cause.states.includes("FAILED"));
  return isBoth ? cause.upstream.map(({ pipeline }) => pipeline) : [];
}

/** The last that is no source: what fails it has done everything else. */
function lastAction({ actions }: StagedPipeline) {
  return actions.findLast(({ kind }) => kind !== "source");
}
