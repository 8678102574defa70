/** How what two pipelines do comes to meet: by one push that starts both, or by an event for each of them. */

import type { Choice, JobPattern, RootEvent, Scenario } from "../../simulation/scenario.ts";
import type { Analysis } from "./analysis.ts";
import type { CoStart, Deed, Doing } from "./parties.ts";
import { asEvent, beginning, type StagedWay, stagedScenario, stagedWay } from "./staged-claims.ts";

export interface Meeting {
  readonly scenario: Scenario;
  /** What each of them does. */
  readonly jobs: readonly [JobPattern, JobPattern];
  /** `push to main -> shop starts; jobs starts`. */
  readonly line: string;
}

/** Undefined where one of them cannot start at all. */
export function meetingOf(
  analysis: Analysis,
  start: CoStart | undefined,
  [[a, first], [b, second]]: readonly [Doing, Doing],
): Meeting | undefined {
  const apart = start?.apart ? " that touches the paths of both" : "";
  const shared = start && { root: start.push, choices: start.choices, described: start.words };
  const x: Way | undefined = shared ?? wayOf(analysis, first, "first");
  const y: Way | undefined = shared ?? wayOf(analysis, second, "second");
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

type Way = Pick<StagedWay, "root" | "choices" | "described">;

function patternOf({ pipeline, path }: Deed["job"], { root }: Way): JobPattern {
  return { run: { pipeline, event: root.id }, path };
}

function wayOf(analysis: Analysis, place: Deed["job"], event: string): Way | undefined {
  const staged = analysis.facts.staged?.pipelines.find(({ id }) => id === place.pipeline);
  const way = staged ? stagedWay(analysis, staged) : wayOfJob(analysis, place);
  return way && { ...way, root: asEvent(way.root, event, `commit-${event}`) };
}

function wayOfJob(analysis: Analysis, { pipeline: id, path }: Deed["job"]): Way | undefined {
  const pipeline = analysis.facts.pipeline(id);
  const job = pipeline?.jobs.find((each) => each.path.join("/") === path.join("/"));
  const ways = pipeline && job ? analysis.waysRunning(pipeline, job) : [];
  const way = ways.find(({ upstream }) => !upstream);
  return way && { root: way.root, described: way.described, choices: [] };
}
