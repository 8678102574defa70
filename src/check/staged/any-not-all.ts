import { stagedPipelines } from "../../facts/stages.ts";
import { type Analysis, jobPattern, runPattern } from "../analysis/analysis.ts";
import { follows, type OnePush, onePush } from "../analysis/beside.ts";
import { firstDeployment, type Upstream, upstreamOf } from "../analysis/staged-parts.ts";
import { list } from "../analysis/wording.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Candidate } from "../rule.ts";

/** A pipeline that several others start: the success of any one of them is enough. */
export function* startedByAny(analysis: Analysis): Generator<Candidate> {
  for (const pipeline of stagedPipelines(analysis.facts)) {
    const deployment = firstDeployment(pipeline);
    const upstream = upstreamOf(analysis, pipeline);
    if (!deployment || upstream.length < 2 || pipeline.starts.some(({ cause }) => cause.kind === "push")) continue;
    const pair = besideEachOther(analysis, upstream);
    if (!pair) continue;
    const { first, second, together } = pair;
    const { a, words } = together;
    const job = jobPattern(deployment, a);
    yield {
      message: `${pipeline.label} starts after any one of ${list(upstream.map((each) => each.pipeline.label))}, not after all of them`,
      at: second.start.at,
      related: [
        ...(first.start.at.start === second.start.at.start
          ? []
          : [{ at: first.start.at, message: `Starts after ${first.pipeline.label}` }]),
        { at: deployment.keyAt, message: `"${deployment.label}" deploys` },
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
      claim: analysis.claim(
        [
          a,
          together.b,
          ...analysis
            .chains(pipeline)
            .filter(({ root }) => root.id === a.root.id)
            .slice(0, 1),
        ],
        [
          { kind: "run-created", run: runPattern(second.pipeline.id, a) },
          { kind: "run-ended", run: runPattern(first.pipeline.id, a) },
          { kind: "job-started", job },
          { kind: "run-ended", run: runPattern(second.pipeline.id, a) },
        ],
        { kind: "runs", job },
      ),
    };
  }
}

interface Pair {
  readonly first: Upstream;
  readonly second: Upstream;
  readonly together: OnePush;
}

/** Two of them that one push starts, neither after the other. */
function besideEachOther(analysis: Analysis, upstream: readonly Upstream[]): Pair | undefined {
  for (const [i, first] of upstream.entries()) {
    for (const second of upstream.slice(i + 1)) {
      const [a, b] = [first.pipeline, second.pipeline];
      const together = follows(a, b) || follows(b, a) ? undefined : onePush(analysis, [a, b]);
      if (together && !together.apart) return { first, second, together };
    }
  }
  return undefined;
}
