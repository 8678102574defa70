import type { Bench } from "../bench.ts";
import { layers, sidesFor } from "../job-graph.ts";

export function layersBench(workFolder: string): Bench {
  return {
    name: "1,000 jobs, 10 layers",
    about: "1,000 jobs of `true` in 10 layers of 100, two at a time; Baton makes every transition durable",
    budget: "no slower than ninja",
    unit: "ms",
    rounds: 7,
    sides: sidesFor(layers(10), workFolder),
  };
}
