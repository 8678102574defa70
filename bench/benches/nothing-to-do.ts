import { join } from "node:path";
import type { Bench } from "../bench.ts";
import { baton, timeOf } from "../processes.ts";
import { makeRepository, sources } from "../repository.ts";

const definition = `import { delivery, env, pipeline, sh } from "baton-cd";
const infra = pipeline("infra", { jobs: { apply: { deploys: true, steps: [sh("true")] } } });
const web = pipeline("web", { needs: [infra], jobs: { deploy: { deploys: true, steps: [sh("true")] } } });
export default delivery("shop", { pipelines: [infra, web], environments: [env("dev")] });
`;

export function nothingToDoBench(workFolder: string): Bench {
  const cwd = join(workFolder, "nothing-to-do");
  makeRepository(cwd, { ...sources(300), "baton.config.ts": definition });
  const run = ["run", "--env", "dev"];
  timeOf(baton(), run, { cwd });
  return {
    name: "nothing to do",
    about: "`baton run` when everything is deployed already: definition, git, journal and plan; whole process",
    budget: "under 50 ms where Node itself takes 24, so 2.1x",
    unit: "ms",
    rounds: 15,
    sides: [
      { name: "node -e 0", measure: () => timeOf(process.execPath, ["-e", "0"], { cwd }) },
      { name: "baton run", measure: () => timeOf(baton(), run, { cwd }) },
    ],
  };
}
