import type { Candidate } from "../rule.ts";
import { type Analysis, runPattern } from "./analysis.ts";

/** The claim that a run of one pipeline, from outside, never leads to a run of the other. */
export function neverStarts(analysis: Analysis, from: string, pipeline: string): Pick<Candidate, "claim"> {
  const first = analysis.facts.pipeline(from);
  const way = first && analysis.ways(first).find((each) => each.depth === 0);
  if (!way) return {};
  return {
    claim: analysis.claim([way], [{ kind: "run-ended", run: runPattern(from, way) }], {
      kind: "never-created",
      run: runPattern(pipeline, way),
    }),
  };
}
