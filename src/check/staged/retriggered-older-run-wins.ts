import { type ActionFacts, type StagedPipeline, stagedPipelines } from "../../facts/stages.ts";
import { identity, readable } from "../../facts/written.ts";
import { type Analysis, jobPattern } from "../analysis/analysis.ts";
import { lastingEffect } from "../analysis/staged-parts.ts";
import { again } from "../analysis/trigger-chains.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Candidate } from "../rule.ts";

/** In mode PARALLEL runs do not wait for each other, in no stage. */
export function* olderRunWins(analysis: Analysis): Generator<Candidate> {
  for (const pipeline of stagedPipelines(analysis.facts)) {
    const found = pipeline.mode === "parallel" ? deployment(pipeline) : undefined;
    const chain = analysis.clearest(pipeline);
    if (!found || chain.root.kind !== "push") continue;
    const second = again(chain, "push-2");
    const [older, newer] = [jobPattern(found.action, chain), jobPattern(found.action, second)];
    yield {
      message: `Two runs of ${pipeline.label} deploy ${found.what} at the same time ("${found.action.label}"): the older one may finish last and stay`,
      at: pipeline.modeAt ?? pipeline.nameAt,
      related: [{ at: found.action.keyAt, message: `"${found.action.label}" deploys in every run` }],
      confidence: "medium",
      schedule: [
        `${chain.described} (commit A) -> ${pipeline.label} starts`,
        `${chain.described} (commit B) -> ${pipeline.label} starts again`,
        `"${found.action.label}" of B deploys`,
        `"${found.action.label}" of A, which was slower, deploys over it`,
      ],
      why: "In mode PARALLEL no run waits for another. When the run of an older commit is slower, or waits longer for an approval, it overwrites the newer version, and nothing is red.",
      url: awsDocumentation.modes,
      help: "Set the execution mode QUEUED (every run, in order) or SUPERSEDED (the newest of those that wait).",
      claim: analysis.claim(
        [chain, second],
        [
          { kind: "job-started", job: older },
          { kind: "job-ended", job: newer },
          { kind: "job-ended", job: older },
        ],
        { kind: "before", first: newer, second: older },
      ),
    };
  }
}

/** Something that is the same in every run. */
function deployment({ actions }: StagedPipeline): { action: ActionFacts; what: string } | undefined {
  for (const action of actions) {
    const access = lastingEffect(action);
    const name = access && identity(access.key);
    if (!name || access.effect !== "deploy") continue;
    return { action, what: `${access.resource} "${readable(access.key)}"` };
  }
  return undefined;
}
