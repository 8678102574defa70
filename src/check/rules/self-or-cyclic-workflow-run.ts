import { findCycles } from "../../order/cycles.ts";
import { buildKeyedGraph, keysOf } from "../../order/keyed-graph.ts";
import { type Analysis, runPattern } from "../analysis/analysis.ts";
import { fileName } from "../analysis/wording.ts";
import { type Candidate, documentation, type Rule } from "../rule.ts";
import { circles } from "../staged/self-or-cyclic-workflow-run.ts";

export const selfOrCyclicWorkflowRun: Rule = {
  id: "self-or-cyclic-workflow-run",
  severity: "error",
  kind: "dead edge",
  title: "workflow_run listens to its own completion",
  why: "Each completion starts another run, also when all of its jobs are skipped. It goes on until GitHub's limit of three levels, after every single run.",
  url: documentation.workflowRun,
  *find(analysis) {
    yield* circles(analysis);
    const { facts } = analysis;
    const edges = facts.pipelines.flatMap((pipeline) =>
      pipeline.starts.flatMap(({ cause }) =>
        cause.kind === "completion" ? cause.upstream.map((upstream) => [upstream.pipeline, pipeline.id] as const) : [],
      ),
    );
    const keyed = buildKeyedGraph(
      facts.pipelines.map((pipeline) => pipeline.id),
      edges,
    );
    for (const cycle of findCycles(keyed.graph)) {
      const ids = keysOf(keyed, cycle);
      const places = ids.flatMap((id, i) => {
        const before = ids[(i + ids.length - 1) % ids.length]!;
        for (const { cause } of facts.pipeline(id)!.starts) {
          const found = cause.kind === "completion" && cause.upstream.find((upstream) => upstream.pipeline === before);
          if (found) return [{ at: found.name.at, message: `${fileName(id)} starts after ${fileName(before)}` }];
        }
        return [];
      });
      const [first, ...rest] = places;
      if (!first) continue;
      const claim = claimFor(analysis, ids);
      if (!claim) continue;
      const names = ids.map(fileName);
      yield {
        message:
          ids.length === 1
            ? `${names[0]} listens to its own completion: every run starts another one`
            : `${names.join(" -> ")} -> ${names[0]} start each other in a circle`,
        at: first.at,
        related: rest,
        confidence: "high",
        schedule: [
          `any event -> ${names[0]} starts`,
          ...[...names.slice(1), names[0]!].map((name) => `it completes -> ${name} starts`),
          "and again, up to three levels",
        ],
        help: "Move the part that follows into a workflow of its own with another name, or make it a job with `needs`.",
        claim,
      };
    }
  },
};

/** The first of the circle runs again after one turn; undefined for a circle that nothing ever starts. */
function claimFor(analysis: Analysis, ids: readonly string[]): Candidate["claim"] {
  const entries = ids.flatMap((id) => analysis.chains(analysis.facts.pipeline(id)!).map((chain) => ({ id, chain })));
  const [entry] = entries.toSorted((a, b) => a.chain.depth - b.chain.depth);
  if (entry === undefined) return undefined;
  const { id, chain } = entry;
  const first = runPattern(id, chain);
  const turn = [...ids.slice(ids.indexOf(id) + 1), ...ids.slice(0, ids.indexOf(id) + 1)];
  const moments = turn.map((next) => ({ kind: "run-created" as const, run: runPattern(next, chain) }));
  const schedule = [
    { kind: "event" as const, event: chain.root.id },
    { kind: "run-created" as const, run: first },
    { kind: "run-ended" as const, run: first },
    ...moments,
  ];
  return analysis.claim([chain], schedule, { kind: "run-times", run: first, times: 2 });
}
