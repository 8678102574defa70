import { stagedPipelines } from "../../facts/stages.ts";
import { type Analysis, runPattern } from "../analysis/analysis.ts";
import { onePush } from "../analysis/beside.ts";
import { firstDeployment, upstreamOf } from "../analysis/staged-parts.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Candidate } from "../rule.ts";

/** A pipeline that starts on a push, and again after another one that the same push starts. */
export function* startedTwice(analysis: Analysis): Generator<Candidate> {
  for (const pipeline of stagedPipelines(analysis.facts)) {
    const deployment = firstDeployment(pipeline);
    if (!deployment) continue;
    for (const { pipeline: before, start } of upstreamOf(analysis, pipeline)) {
      const together = onePush(analysis, [pipeline, before]);
      // Each for its own paths, and again after the other: that is wanted.
      if (!together || together.apart) continue;
      const { a, b, words } = together;
      const run = runPattern(pipeline.id, a);
      yield {
        message: `One ${words} runs ${pipeline.label} twice: at once, beside ${before.label}, and again after it`,
        at: a.start.at,
        related: [
          { at: start.at, message: `The second start, after ${before.label}` },
          { at: deployment.keyAt, message: `"${deployment.label}" deploys both times` },
        ],
        confidence: "high",
        schedule: [
          `${words} -> ${pipeline.label} starts; ${before.label} starts`,
          `"${deployment.label}" deploys while ${before.label} still runs`,
          `${before.label} succeeds -> ${pipeline.label} starts again`,
        ],
        why: "A run that starts with the push does not wait for the pipeline that it is to come after: it uses what the last push left. The second run repairs that, if it is not superseded, and everything is done twice.",
        url: awsDocumentation.triggers,
        help: `Keep one of the two: switch off change detection of the source of ${pipeline.label} (\`DetectChanges: false\`), or the start after ${before.label}.`,
        claim: analysis.claim(
          [a, b],
          [
            { kind: "run-created", run },
            { kind: "run-ended", run: runPattern(before.id, b), conclusion: "success" },
            { kind: "run-created", run },
          ],
          { kind: "run-times", run, times: 2 },
        ),
      };
      break;
    }
  }
}
