import type { StagedPipeline } from "../../facts/staged.ts";
import type { Analysis } from "../analysis/analysis.ts";
import { type CoStart, coStart, pipelineViews, startsAfter } from "../analysis/cross-platform.ts";
import { actionPattern, stagedScenario } from "../analysis/staged-claims.ts";
import { firstDeployment, stagedPipelines, type Upstream, upstreamOf } from "../analysis/staged-parts.ts";
import { list } from "../analysis/wording.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Candidate } from "../rule.ts";

/** A pipeline that several others start: the success of any one of them is enough. */
export function* startedByAny(analysis: Analysis): Generator<Candidate> {
  for (const pipeline of stagedPipelines(analysis)) {
    const deployment = firstDeployment(pipeline);
    const upstream = upstreamOf(analysis, pipeline);
    if (!deployment || upstream.length < 2 || pipeline.starts.some(({ kind }) => kind === "push")) continue;
    const pair = besideEachOther(analysis, upstream);
    if (!pair) continue;
    const { first, second, together } = pair;
    const { push, choices, words } = together;
    const job = actionPattern(deployment, push.id);
    yield {
      message: `${pipeline.label} starts after any one of ${list(upstream.map((each) => each.pipeline.label))}, not after all of them`,
      at: second.start.at,
      related: [
        ...(first.start.at.start === second.start.at.start
          ? []
          : [{ at: first.start.at, message: `Starts after ${first.pipeline.label}` }]),
        { at: deployment.nameAt, message: `"${deployment.label}" deploys` },
      ],
      confidence: "high",
      schedule: [
        `${words} -> ${first.pipeline.label} starts; ${second.pipeline.label} starts`,
        `${first.pipeline.label} succeeds -> ${pipeline.label} starts`,
        `"${deployment.label}" deploys while ${second.pipeline.label} still runs`,
        `${second.pipeline.label} fails`,
      ],
      why: "Each event starts a run of its own. The deployment goes out after the first of the pipelines before it has succeeded, while the others still run or fail, and again after each of the others.",
      url: awsDocumentation.events,
      help: "Put what must be done before into one pipeline, as actions of one stage, or let the first stage ask for the state of the others.",
      claim: {
        scenario: stagedScenario(analysis, {
          events: [push],
          choices,
          pipelines: [pipeline, first.pipeline, second.pipeline],
        }),
        schedule: [
          { kind: "run-created", run: { pipeline: second.pipeline.id, event: push.id } },
          { kind: "run-ended", run: { pipeline: first.pipeline.id, event: push.id } },
          { kind: "job-started", job },
          { kind: "run-ended", run: { pipeline: second.pipeline.id, event: push.id } },
        ],
        bad: { kind: "runs", job },
      },
    };
  }
}

interface Pair {
  readonly first: Upstream;
  readonly second: Upstream;
  readonly together: CoStart;
}

/** Two of them that one push starts, neither after the other. */
function besideEachOther(analysis: Analysis, upstream: readonly Upstream[]): Pair | undefined {
  const partyOf = ({ id }: StagedPipeline) => pipelineViews(analysis).find((view) => view.id === id)!;
  for (const [i, first] of upstream.entries()) {
    for (const second of upstream.slice(i + 1)) {
      const [a, b] = [partyOf(first.pipeline), partyOf(second.pipeline)];
      const together = startsAfter(a, b) || startsAfter(b, a) ? undefined : coStart(a, b);
      if (together && !together.apart) return { first, second, together };
    }
  }
  return undefined;
}
