import type { Pipeline } from "../../facts/facts.ts";
import type { StagedPipeline } from "../../facts/staged.ts";
import type { Place } from "../../findings/source.ts";
import { findCycles } from "../../order/cycles.ts";
import { buildKeyedGraph, keysOf } from "../../order/keyed-graph.ts";
import type { Claim } from "../../simulation/claim.ts";
import { type Analysis, runPattern } from "../analysis/analysis.ts";
import { namedBy, stagedChain, stagedScenario } from "../analysis/staged-claims.ts";
import { stagedPipelines } from "../analysis/staged-parts.ts";
import { fileName } from "../analysis/wording.ts";
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
    const members = [
      ...analysis.facts.pipelines.map(ofJobs),
      ...stagedPipelines(analysis).map((pipeline) => ofStages(analysis, pipeline)),
    ];
    const edges = members.flatMap(({ id, after }) => after.map(({ before }) => [before, id] as const));
    const keyed = buildKeyedGraph(
      members.map(({ id }) => id),
      edges,
    );
    for (const cycle of findCycles(keyed.graph)) {
      const found = circle(
        analysis,
        keysOf(keyed, cycle).map((id) => members.find((member) => member.id === id)!),
      );
      if (found) yield found;
    }
  },
};

/** A pipeline, and those after whose runs it starts. */
interface Member {
  readonly id: string;
  readonly label: string;
  readonly after: readonly { readonly before: string; readonly at: Place }[];
  /** Where it is made of stages. */
  readonly staged: StagedPipeline | undefined;
}

function ofJobs({ id, starts }: Pipeline): Member {
  const after = starts.flatMap(({ cause }) =>
    cause.kind === "completion" ? cause.upstream.map(({ pipeline, name }) => ({ before: pipeline, at: name.at })) : [],
  );
  return { id, label: fileName(id), after, staged: undefined };
}

function ofStages(analysis: Analysis, pipeline: StagedPipeline): Member {
  const after = pipeline.starts.flatMap((start) => {
    const before = start.kind === "after" ? namedBy(analysis, start.pipeline) : undefined;
    return before ? [{ before: before.id, at: start.at }] : [];
  });
  return { id: pipeline.id, label: pipeline.label, after, staged: pipeline };
}

function circle(analysis: Analysis, members: readonly Member[]): Candidate | undefined {
  const begin = members.findIndex(({ staged }) => staged?.starts.some(({ kind }) => kind === "push"));
  const turn = begin < 0 ? members : [...members.slice(begin), ...members.slice(0, begin)];
  const places = turn.flatMap(({ label, after }, i) => {
    const { id, label: before } = turn[(i + turn.length - 1) % turn.length]!;
    const link = after.find((each) => each.before === id);
    return link ? [{ at: link.at, message: `${label} starts after ${before}` }] : [];
  });
  const [place, ...related] = places;
  const staged = turn.flatMap((member) => member.staged ?? []);
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
function ofRuns(analysis: Analysis, turn: readonly Member[]): Turning | undefined {
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
  const { root, choices, described } = stagedChain(analysis, first!);
  const created = ({ id }: StagedPipeline) => ({ kind: "run-created", run: { pipeline: id, event: root.id } }) as const;
  return {
    begins: described,
    again: "it succeeds",
    ends: "without end",
    itself: "starts itself",
    why: "Each run that succeeds starts the next one. Nothing stops it but a failure, and every minute of it is paid for.",
    url: awsDocumentation.events,
    help: "Take one of the starts away.",
    claim: {
      scenario: stagedScenario(analysis, { events: [root], choices, pipelines: turn }),
      schedule: [...turn, first!].map(created),
      bad: { kind: "run-times", run: created(first!).run, times: 2 },
    },
  };
}
