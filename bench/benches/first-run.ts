import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Bench } from "../bench.ts";
import { baton, timeOf } from "../processes.ts";
import { git, makeRepository, sources } from "../repository.ts";

const definition = `import { delivery, env, pipeline, sh } from "baton-cd";
const web = pipeline("web", { jobs: { build: { steps: [sh("echo hello")] } } });
export default delivery("shop", { pipelines: [web], environments: [env("dev")] });
`;

/** How soon something is seen, by somebody who has just got the repository. */
export function firstRunBench(workFolder: string): Bench {
  const origin = join(workFolder, "origin");
  const clone = join(workFolder, "clone");
  makeRepository(origin, { ...sources(5000), "baton.config.ts": definition });
  const prepare = () => {
    rmSync(clone, { recursive: true, force: true });
    git(workFolder, "clone", "--quiet", origin, clone);
  };
  const run = (...more: string[]) => timeOf(baton(), ["run", "--env", "dev", ...more], { cwd: clone });
  return {
    name: "first run",
    about: "one job of `echo hello` in a fresh clone of 5,000 files, against another checkout by git; whole processes",
    unit: "ms",
    rounds: 5,
    sides: [
      {
        name: "git worktree add",
        prepare,
        measure: () => timeOf("git", ["worktree", "add", "--quiet", "--detach", "again"], { cwd: clone }),
      },
      { name: "baton run", prepare, measure: () => run() },
      {
        name: "baton run, the second",
        prepare() {
          prepare();
          run();
        },
        measure: () => run("--force"),
      },
    ],
  };
}
