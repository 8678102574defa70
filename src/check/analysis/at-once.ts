import type { JobFacts, Pipeline } from "../../facts/facts.ts";
import type { Claim } from "../../facts/scenario.ts";
import { type Analysis, besides, can, jobPattern } from "./analysis.ts";

interface Occurrence {
  readonly pipeline: Pipeline;
  readonly job: JobFacts;
}

/** The claim that both jobs run at one time; none where one of them never runs. */
export function atOnce(analysis: Analysis, a: Occurrence, b: Occurrence): Claim | undefined {
  const [x, y] = [a, b].map(({ pipeline, job }) =>
    analysis.ways(pipeline).find((way) => can(job.runs(way.circumstances))),
  );
  if (!x || !y) return undefined;
  const [first, second] = besides(x, y);
  const [one, other] = [jobPattern(a.job, first), jobPattern(b.job, second)];
  return analysis.claim(
    [first, second],
    [
      { kind: "job-started", job: one },
      { kind: "job-started", job: other },
      { kind: "job-ended", job: one },
    ],
    { kind: "overlap", first: one, second: other },
  );
}
