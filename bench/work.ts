import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Side } from "./bench.ts";
import type { JobGraph } from "./job-graph.ts";
import { baton, needs, timeOf } from "./processes.ts";
import { makeRepository, push, sources } from "./repository.ts";

/** Jobs that all do the same, for several programs. */
export interface Work {
  graph: JobGraph;
  /** One line of shell, without single quotes and dollar signs. */
  command: string;
  shell: "bash" | "sh";
  /** Jobs at a time. */
  parallel: number;
}

/** The arguments that Baton gives to the shell of a step. */
const SHELLS = { bash: "exec bash --noprofile --norc -eo pipefail -c", sh: undefined };

/**
 * A repository of 300 files in which ninja, make and Baton run the same jobs in the same shell. ninja and make start `sh` for
 * every job, which becomes the bash when it is one that is asked for.
 */
export function repositoryFor(work: Work, folder: string, files: Record<string, string> = {}): string {
  makeRepository(folder, {
    ...sources(300),
    "build.ninja": ninjaFile(work),
    Makefile: makeFile(work),
    "baton.config.ts": definition(work),
    ...files,
  });
  return folder;
}

/**
 * Whole processes; what jobs print goes nowhere. ninja and make do all of it again because nothing says that it was done, Baton
 * because something was pushed since: it has its journal, and the checkouts that the run before has left.
 */
export function sidesFor(work: Work, folder: string): Side[] {
  const { parallel } = work;
  const side = (name: string, program: string, args: string[]): Side => ({
    name: `${name} ${args.join(" ")}`,
    prepare: () => clean(folder),
    measure: () => timeOf(program, args, { cwd: folder }),
  });
  return [
    { ...side("ninja", "ninja", [`-j${parallel}`]), ...needs("ninja", "ninja-build") },
    { ...side("make", "make", [`-sj${parallel}`]), ...needs("make", "make") },
    { ...side("baton", baton(), ["run", "--env", "dev", "--parallel", String(parallel)]), prepare: () => push(folder) },
    floorSide(work, folder),
  ];
}

/** What no program can leave out that promises what Baton does: see floor.c. */
function floorSide({ graph, command, shell, parallel }: Work, folder: string): Side {
  const { missing } = needs("cc", "gcc");
  const program = `${folder}.floor`;
  const journal = `${folder}.journal`;
  if (missing === undefined) {
    execFileSync("cc", ["-O2", "-o", program, fileURLToPath(new URL("floor.c", import.meta.url))]);
  }
  const isChain = [...graph.values()].every(({ length }) => length <= 1);
  const numbers = [graph.size, isChain ? 1 : parallel].map(String);
  const words = (SHELLS[shell] ?? "exec /bin/sh -c").split(" ").slice(1);
  return {
    name: "floor, in C",
    ...(missing && { missing }),
    prepare: () => rmSync(journal, { force: true }),
    measure: () => timeOf(program, [...numbers, folder, journal, ...words, command], { cwd: folder }),
  };
}

export function clean(folder: string): void {
  for (const name of [".ninja_log", ".ninja_deps"]) rmSync(join(folder, name), { force: true });
}

function shellCommand({ command, shell }: Work): string {
  return SHELLS[shell] === undefined ? command : `${SHELLS[shell]} '${command}'`;
}

function ninjaFile(work: Work): string {
  const edges = Array.from(work.graph, ([name, needed]) => `build ${name}: run ${needed.join(" ")}\n`);
  return `rule run\n  command = ${shellCommand(work)}\n${edges.join("")}`;
}

function makeFile(work: Work): string {
  const names = [...work.graph.keys()].join(" ");
  const rules = Array.from(work.graph, ([name, needed]) => `${name}: ${needed.join(" ")}\n\t@${shellCommand(work)}\n`);
  return `all: ${names}\n.PHONY: all ${names}\n${rules.join("")}`;
}

/** A definition as it is written by hand where there are many jobs: with a loop over data. */
function definition({ graph, command, shell }: Work): string {
  const step = JSON.stringify({ run: command, shell });
  return `import { delivery, env, pipeline } from "baton-cd";
const graph = ${JSON.stringify([...graph])};
const jobs = Object.fromEntries(graph.map(([name, needs]) => [name, { per: "release", needs, steps: [${step}] }]));
export default delivery("bench", { pipelines: [pipeline("bench", { jobs })], environments: [env("dev")] });
`;
}
