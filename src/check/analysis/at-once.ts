import type { JobFacts, Pipeline } from "../../facts/facts.ts";
import type { Claim } from "../../simulation/claim.ts";
import { type Analysis, besides, can, jobPattern } from "./analysis.ts";
import type { Way } from "./ways.ts";

interface Running {
  readonly job: JobFacts;
  readonly way: Way;
}

/** The claim that both jobs run at one time, each in its way. */
export function atOnce(analysis: Analysis, a: Running, b: Running): Claim {
  const [first, second] = besides(a.way, b.way);
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

interface Occurrence {
  readonly pipeline: Pipeline;
  readonly job: JobFacts;
}

/** The same in any ways in which they run; none where one of them never does. */
export function somehowAtOnce(analysis: Analysis, a: Occurrence, b: Occurrence): Claim | undefined {
  const [x, y] = [a, b].map(({ pipeline, job }) =>
    analysis.ways(pipeline).find((way) => can(job.runs(way.circumstances))),
  );
  return x && y && atOnce(analysis, { job: a.job, way: x }, { job: b.job, way: y });
}
