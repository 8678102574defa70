import type { Bench } from "../bench.ts";
import { baton, timeOf } from "../processes.ts";

export function startUpBench(workFolder: string): Bench {
  return {
    name: "start-up",
    about: "whole processes that do nothing but start",
    unit: "ms",
    rounds: 15,
    sides: [
      { name: "node -e 0", measure: () => timeOf(process.execPath, ["-e", "0"], { cwd: workFolder }) },
      { name: "baton --version", measure: () => timeOf(baton(), ["--version"], { cwd: workFolder }) },
    ],
  };
}
