/**
 * Measures Baton beside its peers and prints one table. With names only those benches; without, all of them, and the
 * table is kept in RESULTS.md, below what is written there by hand.
 *
 *     npm run bench [-- NAME…]      for example: npm run bench -- jobs start-up
 *                                   memory with those whose folders it uses: jobs resume artifacts memory
 *     npm run bench -- --rounds 2   all of them in some twenty minutes on a quiet machine
 *     npm run bench -- --budgets    what there are budgets for, and a table of those; --rounds and names as well
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
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
import { planCommandBench, planningBench } from "./benches/planning.ts";
import { resumingBench } from "./benches/resuming.ts";
import { startUpBench } from "./benches/start-up.ts";
import { terminalBench } from "./benches/terminal.ts";
import { budgeted, budgetTable } from "./budgets.ts";
import { machineFacts, makeWorkFolder } from "./machine.ts";
import { type Measured, measure } from "./measure.ts";
import { installBaton } from "./processes.ts";
import { explanations, table, withResults } from "./table.ts";

/** In this order. */
const benches: Record<string, (workFolder: string) => Bench | Bench[]> = {
  jobs: jobsBenches,
  checkouts: checkoutsBench,
  "first-run": firstRunBench,
  terminal: terminalBench,
  "nothing-to-do": nothingToDoBench,
  "start-up": startUpBench,
  plan: planningBench,
  "plan-command": planCommandBench,
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

/** Whose folders need not be made when only budgets are asked for. */
const withoutBudget = new Set(
  "first-run terminal start-up plan resume engine journal generate many-jobs peers memory".split(" "),
);

/** What some left in the work folder is used by others. */
const uses: Record<string, string[]> = { memory: ["jobs", "resume", "artifacts"] };

const { values, positionals: chosen } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string" }, budgets: { type: "boolean" } },
});
const mostRounds = values.rounds === undefined ? undefined : Number(values.rounds);
if (mostRounds !== undefined && !(mostRounds >= 1)) {
  console.error("--rounds takes a number of rounds, at least 1");
  process.exit(2);
}
const unknown = chosen.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(`there is no bench ${unknown.join(", ")}; there are ${Object.keys(benches).join(", ")}`);
  process.exit(2);
}
for (const name of chosen) {
  const missing = (uses[name] ?? []).filter((used) => !chosen.includes(used));
  if (missing.length === 0) continue;
  console.error(`${name} uses folders of others: npm run bench -- ${[...missing, ...chosen].join(" ")}`);
  process.exit(2);
}
const root = fileURLToPath(new URL("..", import.meta.url));
execFileSync(process.execPath, [`${root}/build/build.ts`], { stdio: "inherit" });

const workFolder = makeWorkFolder();
installBaton(workFolder);
const results: Measured[] = [];
for (const [name, make] of Object.entries(benches)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  if (values.budgets && chosen.length === 0 && withoutBudget.has(name)) continue;
  for (const made of [make(workFolder)].flat()) {
    const bench = values.budgets ? budgeted(made) : made;
    if (bench === undefined) continue;
    process.stderr.write(`${bench.name} …\n`);
    results.push(measure(bench, mostRounds));
  }
}
const facts = machineFacts(workFolder);
console.log(`${facts}\n\n${table(results)}`);
if (values.budgets) console.log(`\n${budgetTable(results)}`);
else if (chosen.length === 0) {
  const kept = new URL("RESULTS.md", import.meta.url);
  const written = `## All benches

Measured in one run, the sides in turns; medians, and the ratio to the first side of each group, of the time that passed
and of the time of all processors. Only the ratios can be compared between machines.

${facts}.

${table(results)}

${explanations(results)}
`;
  writeFileSync(kept, withResults(readFileSync(kept, "utf8"), written));
}
