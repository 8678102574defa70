import type { JobFacts, Pipeline } from "../../facts/facts.ts";
import type { Claim } from "../../simulation/claim.ts";
import { type Analysis, besides, can, jobPattern } from "./analysis.ts";
import type { TriggerChain } from "./trigger-chains.ts";

interface Running {
  readonly job: JobFacts;
  readonly chain: TriggerChain;
}

/** The claim that both jobs run at one time, each in its chain. */
export function atOnce(analysis: Analysis, a: Running, b: Running): Claim {
  const [first, second] = besides(a.chain, b.chain);
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

/** The same in any chains in which they run; none where one of them never does. */
export function somehowAtOnce(analysis: Analysis, a: Occurrence, b: Occurrence): Claim | undefined {
  const [x, y] = [a, b].map(({ pipeline, job }) =>
    analysis.chains(pipeline).find((chain) => can(job.runs(chain.circumstances))),
  );
  return x && y && atOnce(analysis, { job: a.job, chain: x }, { job: b.job, chain: y });
}
