import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Bench } from "../bench.ts";
import { baton, timeOf } from "../processes.ts";

const definition = `import { delivery, env, pipeline, sh } from "baton-cd";
const infra = pipeline("infra", { jobs: { apply: { deploys: true, steps: [sh("true")] } } });
const web = pipeline("web", { needs: [infra], jobs: { deploy: { deploys: true, steps: [sh("true")] } } });
export default delivery("shop", { pipelines: [infra, web], environments: [env("dev")] });
`;

export function nothingToDoBench(workFolder: string): Bench {
  const cwd = join(workFolder, "nothing-to-do");
  mkdirSync(cwd);
  writeFileSync(join(cwd, "baton.config.ts"), definition);
  writeFileSync(join(cwd, ".gitignore"), ".baton\n");
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=bench", "-c", "user.email=bench@example.com", ...args], {
      cwd,
      stdio: "ignore",
    });
  git("init", "--initial-branch=main");
  git("add", ".");
  git("commit", "--message=All of it");
  const run = ["run", "--env", "dev"];
  timeOf(baton(), run, { cwd });
  return {
    name: "nothing to do",
    about: "`baton run` when everything is deployed already: definition, git, journal and plan; whole process",
    budget: "under 60 ms",
    unit: "ms",
    rounds: 15,
    sides: [
      { name: "node -e 0", measure: () => timeOf(process.execPath, ["-e", "0"], { cwd }) },
      { name: "baton run", measure: () => timeOf(baton(), run, { cwd }) },
    ],
  };
}
