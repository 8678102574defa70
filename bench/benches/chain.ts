import type { Bench } from "../bench.ts";
import { chain, sidesFor } from "../job-graph.ts";

export function chainBench(workFolder: string): Bench {
  return {
    name: "chain of 200 jobs",
    about: "200 jobs of `true`, each needing the one before",
    budget: "no slower than ninja",
    unit: "ms",
    rounds: 9,
    sides: sidesFor(chain(200), workFolder),
  };
}
