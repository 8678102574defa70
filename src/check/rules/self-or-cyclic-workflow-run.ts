import type { Pipeline } from "../../facts/facts.ts";
import { isStaged, type StagedPipeline } from "../../facts/stages.ts";
import type { Place } from "../../findings/source.ts";
import { findCycles } from "../../order/cycles.ts";
import { buildKeyedGraph, keysOf } from "../../order/keyed-graph.ts";
import type { Claim } from "../../simulation/claim.ts";
import { type Analysis, runPattern } from "../analysis/analysis.ts";
import { awsDocumentation } from "../documentation-aws.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";

export const selfOrCyclicWorkflowRun: Rule = {
  id: "self-or-cyclic-workflow-run",
  severity: "error",
  kind: "dead edge",
  title: "workflow_run listens to its own completion",
  why: "Each completion starts another run, also when all of its jobs are skipped. It goes on until GitHub's limit of three levels, after every single run.",
  url: documentation.workflowRun,
  *find(analysis) {
    const { pipelines } = analysis.facts;
    const edges = pipelines.flatMap((pipeline) =>
      startsAfter(pipeline).map(({ before }) => [before, pipeline.id] as const),
    );
    const keyed = buildKeyedGraph(
      pipelines.map(({ id }) => id),
      edges,
    );
    for (const cycle of findCycles(keyed.graph)) {
      const found = circle(
        analysis,
        keysOf(keyed, cycle).map((id) => analysis.facts.pipeline(id)!),
      );
      if (found) yield found;
    }
  },
};

/** Pipelines after whose runs it starts. */
function startsAfter(pipeline: Pipeline): { readonly before: string; readonly at: Place }[] {
  return pipeline.starts.flatMap(({ cause, at }) => {
    if (cause.kind !== "completion") return [];
    if (!isStaged(pipeline)) return cause.upstream.map((each) => ({ before: each.pipeline, at: each.name.at }));
    const isSuccess = cause.states !== "any" && cause.states?.includes("SUCCEEDED");
    return isSuccess ? cause.upstream.slice(0, 1).map((each) => ({ before: each.pipeline, at })) : [];
  });
}

function circle(analysis: Analysis, members: readonly Pipeline[]): Candidate | undefined {
  const begin = members.findIndex((each) => isStaged(each) && each.starts.some(({ cause }) => cause.kind === "push"));
  const turn = begin < 0 ? members : [...members.slice(begin), ...members.slice(0, begin)];
  const places = turn.flatMap((pipeline, i) => {
    const { id, label: before } = turn[(i + turn.length - 1) % turn.length]!;
    const link = startsAfter(pipeline).find((each) => each.before === id);
    return link ? [{ at: link.at, message: `${pipeline.label} starts after ${before}` }] : [];
  });
  const [place, ...related] = places;
  const staged = turn.filter(isStaged);
  const does = staged.length > 0 ? ofStagedRuns(analysis, staged) : ofRuns(analysis, turn);
  if (!place || !does) return undefined;
  const { begins, again, ends, itself, ...rest } = does;
  const names = turn.map(({ label }) => label);
  return {
    message:
      turn.length === 1
        ? `${names[0]} ${itself}: every run starts another one`
        : `${names.join(" -> ")} -> ${names[0]} start each other in a circle`,
    at: place.at,
    related,
    confidence: "high",
    schedule: [
      `${begins} -> ${names[0]} starts`,
      ...[...names.slice(1), names[0]!].map((name) => `${again} -> ${name} starts`),
      `and again, ${ends}`,
    ],
    ...rest,
  };
}

/** What differs between platforms: how it begins, goes on and ends, and what to do. */
interface Turning extends Pick<Candidate, "help" | "why" | "url"> {
  readonly begins: string;
  readonly again: string;
  readonly ends: string;
  readonly itself: string;
  readonly claim: Claim;
}

/** The first of the circle runs again after one turn; undefined for a circle that nothing ever starts. */
function ofRuns(analysis: Analysis, turn: readonly Pipeline[]): Turning | undefined {
  const ids = turn.map(({ id }) => id);
  const entries = ids.flatMap((id) => analysis.chains(analysis.facts.pipeline(id)!).map((chain) => ({ id, chain })));
  const [entry] = entries.toSorted((a, b) => a.chain.depth - b.chain.depth);
  if (entry === undefined) return undefined;
  const { id, chain } = entry;
  const first = runPattern(id, chain);
  const order = [...ids.slice(ids.indexOf(id) + 1), ...ids.slice(0, ids.indexOf(id) + 1)];
  const moments = order.map((next) => ({ kind: "run-created" as const, run: runPattern(next, chain) }));
  const schedule = [
    { kind: "event" as const, event: chain.root.id },
    { kind: "run-created" as const, run: first },
    { kind: "run-ended" as const, run: first },
    ...moments,
  ];
  return {
    begins: "any event",
    again: "it completes",
    ends: "up to three levels",
    itself: "listens to its own completion",
    help: "Move the part that follows into a workflow of its own with another name, or make it a job with `needs`.",
    claim: analysis.claim([chain], schedule, { kind: "run-times", run: first, times: 2 }),
  };
}

function ofStagedRuns(analysis: Analysis, turn: readonly StagedPipeline[]): Turning {
  const [first] = turn;
  const chain = analysis.clearest(first!);
  const created = ({ id }: StagedPipeline) => ({ kind: "run-created", run: runPattern(id, chain) }) as const;
  return {
    begins: chain.described,
    again: "it succeeds",
    ends: "without end",
    itself: "starts itself",
    why: "Each run that succeeds starts the next one. Nothing stops it but a failure, and every minute of it is paid for.",
    url: awsDocumentation.events,
    help: "Take one of the starts away.",
    claim: analysis.claim(
      turn.map((each) => ({ ...analysis.clearest(each), root: chain.root })),
      [...turn, first!].map(created),
      { kind: "run-times", run: created(first!).run, times: 2 },
    ),
  };
}
