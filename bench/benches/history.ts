import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Bench, Side } from "../bench.ts";
import { answerOf, baton, memoryOf, timeOf } from "../processes.ts";

const definition = `import { delivery, env, pipeline, sh } from "baton-cd";
const web = pipeline("web", { jobs: { deploy: { deploys: true, steps: [sh("true")] } } });
export default delivery("shop", { pipelines: [web], environments: [env("dev")] });
`;

const sizes = [
  { name: "no history", runs: 0, jobs: 100, commits: 1 },
  { name: "300 runs of 1,000 jobs", runs: 300, jobs: 1000, commits: 300 },
  { name: "1,000 runs of 100 jobs", runs: 1000, jobs: 100, commits: 1000 },
  { name: "the same, of one commit", runs: 1000, jobs: 100, commits: 1 },
];

/** What a year of runs costs those who come after it. */
export function historyBenches(workFolder: string): Bench[] {
  const cwd = join(workFolder, "history");
  mkdirSync(cwd);
  writeFileSync(join(cwd, "baton.config.ts"), definition);
  const made = sizes.map(({ name, runs, jobs, commits }) => {
    const kept = join(workFolder, `history-${runs}-${commits}`);
    let made: number | undefined;
    const sizeMb = () => {
      made ??= answerOf<{ sizeMb: number }>("make-history.ts", [kept, ...[runs, jobs, commits].map(String)]).sizeMb;
      return made;
    };
    const prepare = () => {
      sizeMb();
      rmSync(join(cwd, ".baton"), { recursive: true, force: true });
      cpSync(kept, join(cwd, ".baton"), { recursive: true });
      // Or the first thing that Baton makes durable writes the copy to the disk.
      execFileSync("sync");
    };
    return { name, sizeMb, prepare };
  });
  const run = ["run", "--env", "dev", "--in-place"];
  const opened = () => answerOf<{ tookMs: number; cpuMs: number }>("open-once.ts", [join(cwd, ".baton")]);
  const sides = (measure: Side["measure"]) => made.map(({ name, prepare }) => ({ name, prepare, measure }));
  return [
    {
      name: "history: open",
      about: "opening a state folder as the start of a run does, without the process around it",
      unit: "ms",
      rounds: 7,
      sides: sides(() => opened().tookMs),
    },
    {
      name: "history: open, CPU",
      about: "the same, in processor time",
      unit: "ms",
      rounds: 7,
      sides: sides(() => opened().cpuMs),
    },
    {
      name: "history: run",
      about: "`baton run` of one job; whole process",
      budget: "as without history + 10 %",
      unit: "ms",
      rounds: 7,
      sides: sides(() => timeOf(baton(), run, { cwd })),
    },
    {
      name: "history: status",
      about: "`baton status`; whole process",
      unit: "ms",
      rounds: 7,
      sides: sides(() => timeOf(baton(), ["status"], { cwd })),
    },
    {
      name: "history: memory",
      about: "the largest resident set of `baton run`",
      unit: "MB",
      rounds: 3,
      sides: sides(() => memoryOf(run, { cwd })),
    },
    {
      name: "history: disk",
      about: "size of the journal",
      unit: "MB",
      rounds: 1,
      sides: made.map(({ name, sizeMb }) => ({ name, measure: sizeMb })),
    },
  ];
}
