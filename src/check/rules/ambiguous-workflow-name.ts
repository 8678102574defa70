import type { Pipeline } from "../../facts/facts.ts";
import type { Claim } from "../../simulation/claim.ts";
import { type Analysis, runPattern } from "../analysis/analysis.ts";
import { again } from "../analysis/trigger-chains.ts";
import { fileName, list } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";

export const ambiguousWorkflowName: Rule = {
  id: "ambiguous-workflow-name",
  severity: "warning",
  kind: "dead edge",
  title: "workflow_run names two workflows at once",
  why: "workflow_run knows workflows by name only. When two files share a name, either of them starts the downstream one, so it also runs after work it has nothing to do with.",
  url: documentation.workflowRun,
  *find(analysis) {
    const { facts } = analysis;
    for (const pipeline of facts.pipelines) {
      for (const { cause } of pipeline.starts) {
        if (cause.kind !== "completion") continue;
        for (const name of new Set(cause.names)) {
          const same = cause.upstream.filter((upstream) => upstream.name === name).map(({ pipeline: id }) => id);
          if (same.length < 2) continue;
          const claim = startedByEach(analysis, pipeline, same);
          if (!claim) continue;
          const files = list(same.map(fileName));
          yield {
            message: `"${name.value}" is the name of ${files}: ${fileName(pipeline.id)} starts after either of them`,
            at: name.at,
            related: same.flatMap((id) => {
              const at = facts.pipeline(id)?.nameAt;
              return at ? [{ at, message: `Named "${name.value}" here` }] : [];
            }),
            confidence: "high",
            schedule: same.map((id) => `${fileName(id)} completes -> ${fileName(pipeline.id)} starts`),
            help: "Give each workflow a name of its own.",
            claim,
          };
        }
      }
    }
  },
};

/** One after the other they end, and a run comes of each. */
function startedByEach(analysis: Analysis, pipeline: Pipeline, same: readonly string[]): Claim | undefined {
  const chains = same.flatMap((id, i) => {
    const chain = analysis.chains(pipeline).find((each) => each.circumstances.upstream?.pipeline === id);
    return chain ? [again(chain, `event-${i + 1}`, `c${i + 1}`)] : [];
  });
  if (chains.length < same.length) return undefined;
  return analysis.claim(
    chains,
    chains.flatMap((chain, i) => [
      { kind: "run-ended", run: runPattern(same[i]!, chain) } as const,
      { kind: "run-created", run: runPattern(pipeline.id, chain) } as const,
    ]),
    { kind: "started-after", run: { pipeline: pipeline.id }, each: same },
  );
}
