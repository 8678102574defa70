import { join } from "node:path";
import type { Bench } from "../bench.ts";
import { layers } from "../job-graph.ts";
import { baton, needs, timeOf } from "../processes.ts";
import { clean, repositoryFor, type Work } from "../work.ts";

/** What it costs to be watched. */
export function terminalBench(workFolder: string): Bench {
  const work: Work = { graph: layers(10), command: "echo hello", shell: "bash", parallel: 2 };
  const cwd = repositoryFor(work, join(workFolder, "terminal"));
  const script = needs("script", "bsdutils");
  const shown = (command: string) => timeOf("script", ["-qec", command, "/dev/null"], { cwd, env: { TERM: "xterm" } });
  const side = (name: string, command: string, missing: { missing?: string } = {}) => ({
    name,
    ...script,
    ...missing,
    prepare: () => clean(cwd),
    measure: () => shown(command),
  });
  return {
    name: "on a terminal",
    about: "the 1,000 jobs in bash, shown live on a terminal of 80 columns",
    unit: "ms",
    rounds: 3,
    sides: [
      side("ninja -j2", "ninja -j2", needs("ninja", "ninja-build")),
      side("baton", `'${baton()}' run --env dev --parallel 2`),
    ],
  };
}
