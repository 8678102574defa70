import { join } from "node:path";
import type { Bench } from "../bench.ts";
import { baton, timeOf } from "../processes.ts";
import { makeRepository, push, sources } from "../repository.ts";

const definition = `import { delivery, env, pipeline, sh } from "baton-cd";
const jobs = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [
  "j" + at, { per: "release" as const, needs: at === 0 ? [] : ["j" + (at - 1)], steps: [sh("echo hello")] },
]));
export default delivery("shop", { pipelines: [pipeline("web", { jobs })], environments: [env("dev")] });
`;

/** What it costs that each job has a checkout of its own, where the repository is large. */
export function checkoutsBench(workFolder: string): Bench {
  const cwd = join(workFolder, "large");
  makeRepository(cwd, { ...sources(5000), "baton.config.ts": definition });
  const prepare = () => push(cwd);
  const run = (...more: string[]) => timeOf(baton(), ["run", "--env", "dev", ...more], { cwd });
  return {
    name: "checkouts of 5,000 files",
    about:
      "after a push a chain of 40 jobs of `echo hello`, each seeing the commit and nothing else, against all in the working tree",
    budget: "<= 1.5x; below the system calls that look at each file once, 200,000 in all, it cannot be",
    unit: "ms",
    rounds: 5,
    sides: [
      { name: "baton run --in-place", prepare, measure: () => run("--in-place") },
      { name: "baton run", prepare, measure: () => run() },
    ],
  };
}
