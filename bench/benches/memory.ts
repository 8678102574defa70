import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Bench } from "../bench.ts";
import { answerOf, memoryOf } from "../processes.ts";

/** Stands after the benches whose folders it uses, see `uses` in main.ts. */
export function memoryBench(workFolder: string): Bench {
  const graph = join(workFolder, "layers-bash");
  const artifact = join(workFolder, "artifact-1");
  const memory = (script: string, ...args: string[]) => answerOf<{ memoryMb: number }>(script, args).memoryMb;
  const clean =
    (folder: string, ...names: string[]) =>
    () => {
      for (const name of names) rmSync(join(folder, name), { recursive: true, force: true });
    };
  return {
    name: "memory at most",
    about: "the largest resident set of Baton itself; the first line is Node without a program",
    unit: "MB",
    rounds: 1,
    sides: [
      { name: "node -e 0", measure: () => memory("note-nothing.ts") },
      {
        name: "1,000 jobs, 10 layers",
        prepare: clean(graph, ".baton"),
        measure: () => memoryOf(["run", "--env", "dev", "--parallel", "2"], { cwd: graph }),
      },
      { name: "plan of 100,000", measure: () => memory("plan-once.ts", "100000") },
      {
        name: "resume from 100,000 events",
        measure: () => memory("resume-once.ts", join(workFolder, "journal-100000")),
      },
      {
        name: "artifact of 256 MB",
        prepare: clean(artifact, "state", "to"),
        measure: () =>
          memory("hand-over-once.ts", join(artifact, "state"), join(artifact, "from"), join(artifact, "to")),
      },
    ],
  };
}
