import type { Bench } from "../bench.ts";
import { answerOf } from "../processes.ts";

const sizes = [10_000, 30_000, 100_000];

export function planningBench(): Bench {
  return {
    name: "plan",
    about: "job instances (pipelines of 100 jobs in 10 environments) that are planned; ratio per instance",
    budget: "100,000 in under 1 s, growing linearly",
    unit: "ms",
    rounds: 3,
    sides: sizes.map((size) => ({
      name: `${size.toLocaleString("en")} instances`,
      per: size,
      measure: () => answerOf<{ tookMs: number }>("plan-once.ts", [String(size)]).tookMs,
    })),
  };
}
