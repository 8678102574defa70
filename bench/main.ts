/**
 * Measures Baton beside its peers and prints one table. With names only those benches; without, all of them, and the
 * table is kept in RESULTS.md.
 *
 *     npm run bench [-- NAME…]      for example: npm run bench -- jobs start-up
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Bench } from "./bench.ts";
import { artifactBenches } from "./benches/artifacts.ts";
import { checkingBenches } from "./benches/checking.ts";
import { checkoutsBench } from "./benches/checkouts.ts";
import { engineAloneBench } from "./benches/engine-alone.ts";
import { firstRunBench } from "./benches/first-run.ts";
import { generatingBenches } from "./benches/generating.ts";
import { historyBenches } from "./benches/history.ts";
import { jobsBenches, manyJobsBenches } from "./benches/jobs.ts";
import { journalAppendBench } from "./benches/journal-append.ts";
import { memoryBench } from "./benches/memory.ts";
import { nothingToDoBench } from "./benches/nothing-to-do.ts";
import { peersBench } from "./benches/peers.ts";
import { planningBench } from "./benches/planning.ts";
import { resumingBench } from "./benches/resuming.ts";
import { startUpBench } from "./benches/start-up.ts";
import { terminalBench } from "./benches/terminal.ts";
import { machineFacts, makeWorkFolder } from "./machine.ts";
import { type Measured, measure } from "./measure.ts";
import { installBaton } from "./processes.ts";
import { explanations, table } from "./table.ts";

/** In this order: the last one uses what the others left in the work folder. */
const benches: Record<string, (workFolder: string) => Bench | Bench[]> = {
  jobs: jobsBenches,
  checkouts: checkoutsBench,
  "first-run": firstRunBench,
  terminal: terminalBench,
  "nothing-to-do": nothingToDoBench,
  "start-up": startUpBench,
  plan: planningBench,
  resume: resumingBench,
  engine: engineAloneBench,
  journal: journalAppendBench,
  history: historyBenches,
  artifacts: artifactBenches,
  check: checkingBenches,
  generate: generatingBenches,
  "many-jobs": manyJobsBenches,
  peers: peersBench,
  memory: memoryBench,
};

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(`there is no bench ${unknown.join(", ")}; there are ${Object.keys(benches).join(", ")}`);
  process.exit(2);
}
const root = fileURLToPath(new URL("..", import.meta.url));
execFileSync(process.execPath, [`${root}/build/build.ts`], { stdio: "inherit" });

const workFolder = makeWorkFolder();
installBaton(workFolder);
const results: Measured[] = [];
for (const [name, make] of Object.entries(benches)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  for (const bench of [make(workFolder)].flat()) {
    process.stderr.write(`${bench.name} …\n`);
    results.push(measure(bench));
  }
}
const facts = machineFacts(workFolder);
console.log(`${facts}\n\n${table(results)}`);
if (chosen.length === 0) {
  writeFileSync(
    new URL("RESULTS.md", import.meta.url),
    `# Results

Written by \`npm run bench\`. Measured in one run, the sides in turns; medians, and the ratio to the first side of each
group, of the time that passed and of the time of all processors. Only the ratios can be compared between machines.

${facts}.

${table(results)}

${explanations(results)}
`,
  );
}
