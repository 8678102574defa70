import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Bench, Side } from "../bench.ts";
import { type JobGraph, layers } from "../job-graph.ts";
import { timeOf } from "../processes.ts";
import { clean, repositoryFor, sidesFor, type Work } from "../work.ts";

const { resolve } = createRequire(import.meta.url);

/** Programs that run scripts of packages in order, where somebody has installed them; their caches are off or thrown away. */
export function peersBench(workFolder: string): Bench {
  const work: Work = { graph: layers(10), command: "echo hello", shell: "sh", parallel: 2 };
  const folder = repositoryFor(work, join(workFolder, "peers"), {
    "package.json": packageJson(work),
    "nx.json": JSON.stringify({ useInferencePlugins: false, neverConnectToCloud: true }),
    "project.json": projectJson(work),
  });
  const peer = (name: string, args: string[], env: NodeJS.ProcessEnv): Side => {
    const found = packageFolder(name);
    if (found === undefined) return { name, missing: `npm i --no-save ${name}`, measure: () => Number.NaN };
    const modules = join(folder, "node_modules");
    mkdirSync(modules, { recursive: true });
    symlinkSync(found, join(modules, name));
    return {
      name,
      prepare() {
        clean(folder);
        for (const cache of [".wireit", ".nx"]) rmSync(join(folder, cache), { recursive: true, force: true });
      },
      measure: () => timeOf(join(dirname(found), ".bin", name), args, { cwd: folder, env }),
    };
  };
  return {
    name: "peers",
    about: "the 1,000 jobs in layers, in sh",
    unit: "ms",
    rounds: 1,
    isLong: true,
    sides: [
      ...sidesFor(work, folder),
      // wireit is started by npm, which says which script was asked for.
      peer("wireit", [], {
        WIREIT_PARALLEL: "2",
        WIREIT_CACHE: "none",
        npm_lifecycle_event: "all",
        npm_package_json: join(folder, "package.json"),
        npm_config_user_agent: "npm",
      }),
      peer("nx", ["run", "bench:all", "--parallel=2", "--skip-nx-cache"], { NX_DAEMON: "false", CI: "true" }),
    ],
  };
}

function packageFolder(name: string): string | undefined {
  try {
    return dirname(resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

function packageJson({ graph, command }: Work): string {
  const last = lastOf(graph);
  const wireit = Object.fromEntries([
    ...Array.from(graph, ([name, needed]) => [name, { command, dependencies: needed, files: [], output: [] }]),
    ["all", { dependencies: last }],
  ]);
  const scripts = Object.fromEntries(Object.keys(wireit).map((name) => [name, "wireit"]));
  return JSON.stringify({ name: "bench", private: true, version: "1.0.0", scripts, wireit });
}

function projectJson({ graph, command }: Work): string {
  const targets = Object.fromEntries([
    ...Array.from(graph, ([name, dependsOn]) => [name, { command, dependsOn, cache: false }]),
    ["all", { executor: "nx:noop", dependsOn: lastOf(graph) }],
  ]);
  return JSON.stringify({ name: "bench", root: ".", targets });
}

function lastOf(graph: JobGraph): string[] {
  return [...graph.keys()].slice(-100);
}
