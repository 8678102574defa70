import type { Facts } from "../../facts/facts.ts";
import { neverStarts } from "../analysis/never.ts";
import { fileName } from "../analysis/wording.ts";
import { documentation, type Rule } from "../rule.ts";

const MAX_LEVELS = 3;

export const chainTooDeep: Rule = {
  id: "chain-too-deep",
  severity: "warning",
  kind: "dead edge",
  title: "workflow_run chain is longer than GitHub follows",
  why: "GitHub follows workflow_run for three levels only. Workflows behind the third never start.",
  url: documentation.workflowRun,
  *find(analysis) {
    const { facts } = analysis;
    const chains = shortestChains(facts);
    for (const pipeline of facts.pipelines) {
      const chain = chains.get(pipeline.id);
      const [start] = pipeline.starts.filter((each) => each.cause.kind === "completion");
      if (!chain || !start || chain.length - 1 <= MAX_LEVELS) continue;
      const last = chain.length - 1;
      const claim = neverStarts(analysis, chain[0]!, pipeline.id);
      if (!claim) continue;
      yield {
        message: `${fileName(pipeline.id)} is workflow_run level ${last} below ${fileName(chain[0]!)}: GitHub stops after level ${MAX_LEVELS}, so it never starts`,
        at: start.at,
        related: chain.slice(0, -1).flatMap((id, i) => {
          const from = facts.pipeline(id)!.starts.find((each) => (i === 0 ? true : each.cause.kind === "completion"));
          return from ? [{ at: from.at, message: `Level ${i}: ${fileName(id)}` }] : [];
        }),
        confidence: "high",
        schedule: [
          `${fileName(chain[0]!)} completes`,
          ...chain
            .slice(1)
            .map((id, i) => `-> ${fileName(id)} ${i < MAX_LEVELS ? "starts and completes" : "is not started"}`),
        ],
        claim,
        help: "Shorten the chain: call the later workflows from one run with workflow_call and `needs`, or give this one a trigger of its own.",
      };
    }
  },
};

/** For each pipeline that only completions start: the shortest chain from one that something else starts. */
function shortestChains(facts: Facts): ReadonlyMap<string, readonly string[]> {
  const chains = new Map<string, readonly string[]>();
  const open: string[] = [];
  for (const pipeline of facts.pipelines) {
    if (!pipeline.starts.some((start) => start.cause.kind !== "completion")) continue;
    chains.set(pipeline.id, [pipeline.id]);
    open.push(pipeline.id);
  }
  for (let id = open.shift(); id !== undefined; id = open.shift()) {
    for (const pipeline of facts.pipelines) {
      if (chains.has(pipeline.id)) continue;
      const listens = pipeline.starts.some(
        ({ cause }) => cause.kind === "completion" && cause.upstream.some((upstream) => upstream.pipeline === id),
      );
      if (!listens) continue;
      chains.set(pipeline.id, [...chains.get(id)!, pipeline.id]);
      open.push(pipeline.id);
    }
  }
  return chains;
}
