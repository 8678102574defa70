import type { Claim } from "../../simulation/claim.ts";
import { type Analysis, runPattern } from "./analysis.ts";

/** The claim that a run of one pipeline, from outside, never leads to a run of the other; none where nothing starts the first. */
export function neverStarts(analysis: Analysis, from: string, pipeline: string): Claim | undefined {
  const first = analysis.facts.pipeline(from);
  const chain = first && analysis.chains(first).find((each) => each.depth === 0);
  if (!chain) return undefined;
  return analysis.claim([chain], [{ kind: "run-ended", run: runPattern(from, chain) }], {
    kind: "never-created",
    run: runPattern(pipeline, chain),
  });
}
