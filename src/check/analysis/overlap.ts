/** How what two pipelines do comes to meet: by one push that starts both, or by an event for each of them. */

import type { JobFacts, Pipeline } from "../../facts/facts.ts";
import { isStaged } from "../../facts/stages.ts";
import type { JobPattern, Scenario } from "../../simulation/scenario.ts";
import { type Analysis, jobPattern } from "./analysis.ts";
import type { OnePush } from "./beside.ts";
import { again, beginning, type TriggerChain } from "./trigger-chains.ts";

export interface Overlap {
  readonly scenario: Scenario;
  /** What each of them does. */
  readonly jobs: readonly [JobPattern, JobPattern];
  /** `push to main -> shop starts; jobs starts`. */
  readonly line: string;
}

/** Undefined where one of them cannot start at all. */
export function overlapOf(
  analysis: Analysis,
  push: OnePush | undefined,
  [first, second]: readonly [JobFacts, JobFacts],
): Overlap | undefined {
  const [a, b] = [first, second].map(({ pipeline }) => analysis.facts.pipeline(pipeline)!) as [Pipeline, Pipeline];
  const x = push?.a ?? chainOf(analysis, a, first, "first");
  const y = push?.b ?? chainOf(analysis, b, second, "second");
  if (!x || !y) return undefined;
  const apart = push?.apart ? " that touches the paths of both" : "";
  return {
    scenario: analysis.scenario([x, y]),
    jobs: [jobPattern(first, x), jobPattern(second, y)],
    line: push
      ? `${push.words}${apart} -> ${a.label} starts; ${b.label} starts`
      : `${beginning(x, a)}; ${beginning(y, b)} before ${a.label} has ended`,
  };
}

function chainOf(analysis: Analysis, pipeline: Pipeline, job: JobFacts, event: string): TriggerChain | undefined {
  const chain = isStaged(pipeline)
    ? analysis.clearest(pipeline)
    : analysis.chainsRunning(pipeline, job).find(({ upstream }) => !upstream);
  return chain && again(chain, event, `commit-${event}`);
}
