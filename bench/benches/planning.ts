import { join } from "node:path";
import type { Bench } from "../bench.ts";
import { layers } from "../job-graph.ts";
import { answerOf, baton, timeOf } from "../processes.ts";
import { repositoryFor } from "../work.ts";

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

export function planCommandBench(workFolder: string): Bench {
  return {
    name: "plan, the whole command",
    about: "`baton plan` of so many jobs in layers: definition, git, journal and plan; whole process; ratio per job",
    budget: "50,000 within 2 s of processor time",
    unit: "ms",
    rounds: 3,
    sides: [100, 500].map((count) => {
      const graph = layers(count);
      const work = { graph, command: "echo hello", shell: "bash", parallel: 2 } as const;
      const cwd = repositoryFor(work, join(workFolder, `plan-${count}`));
      return {
        name: `${graph.size.toLocaleString("en")} jobs`,
        per: graph.size,
        measure: () => timeOf(baton(), ["plan", "--env", "dev"], { cwd }),
      };
    }),
  };
}
