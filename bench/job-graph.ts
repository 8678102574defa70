import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Side } from "./bench.ts";
import { baton, needs, timeOf } from "./processes.ts";

/** Jobs of `true` by name, each with the jobs it needs. */
export type JobGraph = Map<string, string[]>;

/** Layers of 100 jobs; each job needs five of the layer before, spread so that no layer splits into parts. */
export function layers(count: number): JobGraph {
  const graph: JobGraph = new Map();
  for (let layer = 0; layer < count; layer++) {
    for (let job = 0; job < 100; job++) {
      const before = [0, 1, 7, 31, 53].map((step) => `l${layer - 1}-j${(job + step) % 100}`);
      graph.set(`l${layer}-j${job}`, layer === 0 ? [] : before);
    }
  }
  return graph;
}

export function chain(length: number): JobGraph {
  const names = Array.from({ length }, (_, job) => `j${job}`);
  return new Map(names.map((name, job) => [name, job === 0 ? [] : [names[job - 1]!]]));
}

/** The same graph for three programs, two jobs at a time, each from a clean start. Whole processes. */
export function sidesFor(graph: JobGraph, workFolder: string): Side[] {
  const folder = join(workFolder, `graph-${graph.size}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "build.ninja"), ninjaFile(graph));
  writeFileSync(join(folder, "Makefile"), makeFile(graph));
  writeFileSync(join(folder, "baton.config.ts"), definition(graph));
  const clean = () => {
    for (const name of [".baton", ".ninja_log", ".ninja_deps"])
      rmSync(join(folder, name), { recursive: true, force: true });
  };
  return [
    {
      name: "ninja -j2",
      ...needs("ninja", "ninja-build"),
      prepare: clean,
      measure: () => timeOf("ninja", ["-j2"], { cwd: folder }),
    },
    {
      name: "make -j2",
      ...needs("make", "make"),
      prepare: clean,
      measure: () => timeOf("make", ["-sj2"], { cwd: folder }),
    },
    {
      name: "baton run --parallel 2",
      prepare: clean,
      measure: () => timeOf(baton(), ["run", "--env", "dev", "--parallel", "2"], { cwd: folder }),
    },
  ];
}

function ninjaFile(graph: JobGraph): string {
  const edges = Array.from(graph, ([name, needed]) => `build ${name}: run ${needed.join(" ")}\n`);
  return `rule run\n  command = true\n${edges.join("")}`;
}

function makeFile(graph: JobGraph): string {
  const names = [...graph.keys()].join(" ");
  const rules = Array.from(graph, ([name, needed]) => `${name}: ${needed.join(" ")}\n\t@true\n`);
  return `all: ${names}\n.PHONY: all ${names}\n${rules.join("")}`;
}

/** A definition as it is written by hand where there are many jobs: with a loop over data. */
export function definition(graph: JobGraph): string {
  return `import { delivery, env, pipeline, sh } from "baton-cd";
const graph = ${JSON.stringify([...graph])};
const jobs = Object.fromEntries(graph.map(([name, needs]) => [name, { per: "release", needs, steps: [sh("true")] }]));
export default delivery("bench", { pipelines: [pipeline("bench", { jobs })], environments: [env("dev")] });
`;
}
