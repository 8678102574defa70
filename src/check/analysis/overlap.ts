/** How what two pipelines do comes to meet: by one push that starts both, or by an event for each of them. */

import type { Choice, JobPattern, RootEvent, Scenario } from "../../simulation/scenario.ts";
import type { Analysis } from "./analysis.ts";
import type { CoStart, ResourceUse, ViewedJob } from "./cross-platform.ts";
import { asEvent, beginning, type StagedChain, stagedChain, stagedScenario } from "./staged-claims.ts";

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
  start: CoStart | undefined,
  [[a, first], [b, second]]: readonly [ViewedJob, ViewedJob],
): Overlap | undefined {
  const apart = start?.apart ? " that touches the paths of both" : "";
  const shared = start && { root: start.push, choices: start.choices, described: start.words };
  const x: TriggerChain | undefined = shared ?? chainOf(analysis, first, "first");
  const y: TriggerChain | undefined = shared ?? chainOf(analysis, second, "second");
  if (!x || !y) return undefined;
  const events: readonly RootEvent[] = start ? [x.root] : [x.root, y.root];
  const choices: readonly Choice[] = start ? x.choices : [...x.choices, ...y.choices];
  const ids = [first.pipeline, second.pipeline];
  const pipelines = (analysis.facts.staged?.pipelines ?? []).filter(({ id }) => ids.includes(id));
  return {
    scenario: stagedScenario(analysis, { events, choices, pipelines }),
    jobs: [patternOf(first, x), patternOf(second, y)],
    line: start
      ? `${x.described}${apart} -> ${a.label} starts; ${b.label} starts`
      : `${beginning(x, a)}; ${beginning(y, b)} before ${a.label} has ended`,
  };
}

type TriggerChain = Pick<StagedChain, "root" | "choices" | "described">;

function patternOf({ pipeline, path }: ResourceUse["job"], { root }: TriggerChain): JobPattern {
  return { run: { pipeline, event: root.id }, path };
}

function chainOf(analysis: Analysis, place: ResourceUse["job"], event: string): TriggerChain | undefined {
  const staged = analysis.facts.staged?.pipelines.find(({ id }) => id === place.pipeline);
  const chain = staged ? stagedChain(analysis, staged) : chainOfJob(analysis, place);
  return chain && { ...chain, root: asEvent(chain.root, event, `commit-${event}`) };
}

function chainOfJob(analysis: Analysis, { pipeline: id, path }: ResourceUse["job"]): TriggerChain | undefined {
  const pipeline = analysis.facts.pipeline(id);
  const job = pipeline?.jobs.find((each) => each.path.join("/") === path.join("/"));
  const chains = pipeline && job ? analysis.chainsRunning(pipeline, job) : [];
  const chain = chains.find(({ upstream }) => !upstream);
  return chain && { root: chain.root, described: chain.described, choices: [] };
}
