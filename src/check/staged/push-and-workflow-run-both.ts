import type { Analysis } from "../analysis/analysis.ts";
import { coStart, pipelineViews } from "../analysis/cross-platform.ts";
import { stagedScenario } from "../analysis/staged-claims.ts";
import { firstDeployment, stagedPipelines, upstreamOf } from "../analysis/staged-parts.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Candidate } from "../rule.ts";

/** A pipeline that starts on a push, and again after another one that the same push starts. */
export function* startedTwice(analysis: Analysis): Generator<Candidate> {
  const views = pipelineViews(analysis);
  for (const pipeline of stagedPipelines(analysis)) {
    const own = views.find(({ id }) => id === pipeline.id);
    const deployment = firstDeployment(pipeline);
    if (!own || !deployment || own.pushes.length === 0) continue;
    for (const { pipeline: before, start } of upstreamOf(analysis, pipeline)) {
      const other = views.find(({ id }) => id === before.id);
      const together = other && coStart(own, other);
      // Each for its own paths, and again after the other: that is wanted.
      if (!together || together.apart) continue;
      const { push, choices, words, a } = together;
      const run = { pipeline: pipeline.id, event: push.id };
      yield {
        message: `One ${words} runs ${pipeline.label} twice: at once, beside ${before.label}, and again after it`,
        at: a.at,
        related: [
          { at: start.at, message: `The second start, after ${before.label}` },
          { at: deployment.nameAt, message: `"${deployment.label}" deploys both times` },
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
        claim: {
          scenario: stagedScenario(analysis, { events: [push], choices, pipelines: [pipeline, before] }),
          schedule: [
            { kind: "run-created", run },
            { kind: "run-ended", run: { pipeline: before.id, event: push.id }, conclusion: "success" },
            { kind: "run-created", run },
          ],
          bad: { kind: "run-times", run, times: 2 },
        },
      };
      break;
    }
  }
}
