import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { layouts } from "../../src/platforms/github/write/options.ts";
import type { Bench, Side, Spent } from "../bench.ts";
import { peerNames } from "../generate-peers.ts";
import { answerOf, timeOf } from "../processes.ts";

const script = fileURLToPath(new URL("../generate-once.ts", import.meta.url));
const { resolve } = createRequire(import.meta.url);

function isInstalled(name: string): boolean {
  try {
    return resolve(name) !== "";
  } catch {
    return false;
  }
}

/** Peers are not worth a hundred packages to everybody who installs this: they are measured where somebody has them. */
function writers(measure: (writer: string) => number | Spent): Side[] {
  const ours = layouts.map((layout): Side => ({ name: `baton, ${layout}`, measure: () => measure(layout) }));
  const theirs = peerNames.map(
    (name): Side => ({
      name,
      ...(isInstalled(name) ? {} : { missing: `npm i --no-save ${name}` }),
      measure: () => measure(name),
    }),
  );
  return [...ours, ...theirs];
}

export function generatingBenches(workFolder: string): Bench[] {
  return [
    {
      name: "1,000 pipelines x 3",
      about: "workflows of 1,000 pipelines in three environments written from the model, whole process from sources",
      budget: "under 2 s",
      unit: "ms",
      rounds: 3,
      sides: writers((writer) => timeOf(process.execPath, [script, "1000", writer], { cwd: workFolder })),
    },
    {
      name: "the same, memory",
      about: "the largest resident set of the processes before",
      unit: "MB",
      rounds: 1,
      sides: writers((writer) => answerOf<{ memoryMb: number }>("generate-once.ts", ["1000", writer]).memoryMb),
    },
  ];
}
