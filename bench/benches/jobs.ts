import { join } from "node:path";
import type { Bench } from "../bench.ts";
import { chain, layers } from "../job-graph.ts";
import { repositoryFor, sidesFor, type Work } from "../work.ts";

const log = Object.fromEntries([["log.txt", `${"x".repeat(63)}\n`.repeat(256)]]);

/** What a run costs on the path that everybody takes: in a repository, with commands that are executed and print. */
export function jobsBenches(workFolder: string): Bench[] {
  const hello = { graph: layers(10), command: "echo hello", parallel: 2 };
  const bench = (folder: string, work: Work, { files, ...more }: Described) => ({
    unit: "ms" as const,
    sides: sidesFor(work, repositoryFor(work, join(workFolder, folder), files)),
    ...more,
  });
  return [
    bench(
      "layers-bash",
      { ...hello, shell: "bash" },
      {
        name: "1,000 jobs, bash",
        about:
          "in a repository of 300 files, after a push, 1,000 jobs of `echo hello` in 10 layers of 100, two at a time, in bash",
        budget: "<= 1.3x",
        rounds: 5,
      },
    ),
    bench(
      "layers-sh",
      { ...hello, shell: "sh" },
      { name: "1,000 jobs, sh", about: "the same, in sh", budget: "<= 1.6x", rounds: 5 },
    ),
    bench(
      "chain",
      { graph: chain(200), command: "echo hello", shell: "bash", parallel: 2 },
      { name: "chain of 200 jobs", about: "each needing the one before, in bash", budget: "<= 1.6x", rounds: 5 },
    ),
    bench(
      "sleeping",
      { graph: layers(10), command: "sleep 0.01", shell: "bash", parallel: 16 },
      { name: "16 at a time", about: "1,000 jobs of `sleep 0.01` in layers, in bash", budget: "<= 1.1x", rounds: 3 },
    ),
    bench(
      "printing",
      { graph: layers(10), command: "cat log.txt", shell: "bash", parallel: 2 },
      {
        name: "16 KB of log",
        about: "printed by each of 1,000 jobs in layers, in bash; Baton keeps all of it",
        budget: "<= 1.3x",
        rounds: 3,
        files: log,
      },
    ),
  ];
}

type Described = Pick<Bench, "name" | "about" | "budget" | "rounds"> & { files?: Record<string, string> };

/** Each round takes minutes. */
export function manyJobsBenches(workFolder: string): Bench[] {
  return [100, 500].map((count): Bench => {
    const work: Work = { graph: layers(count), command: "echo hello", shell: "bash", parallel: 2 };
    return {
      name: `${work.graph.size.toLocaleString("en")} jobs`,
      about: `of \`echo hello\` in ${count} layers, two at a time, in bash`,
      unit: "ms",
      rounds: 1,
      isLong: true,
      sides: sidesFor(work, repositoryFor(work, join(workFolder, `many-${count}`))),
    };
  });
}
