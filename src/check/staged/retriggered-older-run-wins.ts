import { type ActionFacts, identity, readable, type StagedPipeline } from "../../facts/staged.ts";
import type { Analysis } from "../analysis/analysis.ts";
import { actionPattern, asEvent, stagedChain, stagedScenario } from "../analysis/staged-claims.ts";
import { lastingEffect, stagedPipelines } from "../analysis/staged-parts.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Candidate } from "../rule.ts";

/** In mode PARALLEL runs do not wait for each other, in no stage. */
export function* olderRunWins(analysis: Analysis): Generator<Candidate> {
  for (const pipeline of stagedPipelines(analysis)) {
    const found = pipeline.mode === "parallel" ? deployment(pipeline) : undefined;
    const { root, choices, described } = stagedChain(analysis, pipeline);
    if (!found || root.kind !== "push") continue;
    const second = asEvent(root, "push-2", "c2");
    const [older, newer] = [actionPattern(found.action, root.id), actionPattern(found.action, second.id)];
    yield {
      message: `Two runs of ${pipeline.label} deploy ${found.what} at the same time ("${found.action.label}"): the older one may finish last and stay`,
      at: pipeline.modeAt ?? pipeline.nameAt,
      related: [{ at: found.action.nameAt, message: `"${found.action.label}" deploys in every run` }],
      confidence: "medium",
      schedule: [
        `${described} (commit A) -> ${pipeline.label} starts`,
        `${described} (commit B) -> ${pipeline.label} starts again`,
        `"${found.action.label}" of B deploys`,
        `"${found.action.label}" of A, which was slower, deploys over it`,
      ],
      why: "In mode PARALLEL no run waits for another. When the run of an older commit is slower, or waits longer for an approval, it overwrites the newer version, and nothing is red.",
      url: awsDocumentation.modes,
      help: "Set the execution mode QUEUED (every run, in order) or SUPERSEDED (the newest of those that wait).",
      claim: {
        scenario: stagedScenario(analysis, { events: [root, second], choices, pipelines: [pipeline] }),
        schedule: [
          { kind: "job-started", job: older },
          { kind: "job-ended", job: newer },
          { kind: "job-ended", job: older },
        ],
        bad: { kind: "before", first: newer, second: older },
      },
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
