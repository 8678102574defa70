import type { StagedPipeline } from "../../facts/staged.ts";
import { findCycles } from "../../order/cycles.ts";
import { buildKeyedGraph, keysOf } from "../../order/keyed-graph.ts";
import type { Analysis } from "../analysis/analysis.ts";
import { namedBy, stagedChain, stagedScenario } from "../analysis/staged-claims.ts";
import { type AfterStart, stagedPipelines } from "../analysis/staged-parts.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import type { Candidate } from "../rule.ts";

/** Pipelines that start each other in a circle, or themselves. */
export function* circles(analysis: Analysis): Generator<Candidate> {
  for (const turn of turns(analysis)) {
    const places = turn.flatMap((pipeline, i) => {
      const before = turn[(i + turn.length - 1) % turn.length]!;
      const link = linksOf(analysis, pipeline).find((each) => each.before === before);
      return link ? [{ at: link.start.at, message: `${pipeline.label} starts after ${before.label}` }] : [];
    });
    const [first, ...others] = turn;
    const [place, ...rest] = places;
    if (!first || !place) continue;
    const { root, choices, described } = stagedChain(analysis, first);
    const created = ({ id }: StagedPipeline) =>
      ({ kind: "run-created", run: { pipeline: id, event: root.id } }) as const;
    const names = turn.map(({ label }) => label);
    yield {
      message:
        others.length === 0
          ? `${names[0]} starts itself: every run starts another one`
          : `${names.join(" -> ")} -> ${names[0]} start each other in a circle`,
      at: place.at,
      related: rest,
      confidence: "high",
      schedule: [
        `${described} -> ${names[0]} starts`,
        ...[...names.slice(1), names[0]!].map((name) => `it succeeds -> ${name} starts`),
        "and again, without end",
      ],
      why: "Each run that succeeds starts the next one. Nothing stops it but a failure, and every minute of it is paid for.",
      url: awsDocumentation.events,
      help: "Take one of the starts away.",
      claim: {
        scenario: stagedScenario(analysis, { events: [root], choices, pipelines: turn }),
        schedule: [first, ...others, first].map(created),
        bad: { kind: "run-times", run: created(first).run, times: 2 },
      },
    };
  }
}

/** Circles, each from a pipeline that a push starts, where there is one. */
function turns(analysis: Analysis): StagedPipeline[][] {
  const pipelines = stagedPipelines(analysis);
  const edges = pipelines.flatMap((pipeline) =>
    linksOf(analysis, pipeline).map(({ before }) => [before.id, pipeline.id] as const),
  );
  const keyed = buildKeyedGraph(
    pipelines.map(({ id }) => id),
    edges,
  );
  return findCycles(keyed.graph).map((cycle) => {
    const members = keysOf(keyed, cycle).map((id) => pipelines.find((pipeline) => pipeline.id === id)!);
    const begin = members.findIndex(({ starts }) => starts.some(({ kind }) => kind === "push"));
    return begin < 0 ? members : [...members.slice(begin), ...members.slice(0, begin)];
  });
}

interface Link {
  readonly before: StagedPipeline;
  readonly start: AfterStart;
}

function linksOf(analysis: Analysis, { starts }: StagedPipeline): Link[] {
  return starts.flatMap((start) => {
    const before = start.kind === "after" ? namedBy(analysis, start.pipeline) : undefined;
    return before && start.kind === "after" ? [{ before, start }] : [];
  });
}
