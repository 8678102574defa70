/**
 * Writes a journal of so many finished runs of so many jobs (a multiple of 100) with the real engine. Each is of another
 * commit, as over a year; or all are of so many COMMITS, each made anew.
 *
 *     node make-history.ts STATE_FOLDER RUNS JOBS [COMMITS]    prints {"events", "sizeMb"} of all files of the journal
 */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { openEngine } from "../src/engine/engine.ts";
import { openStore } from "../src/store/store.ts";
import { instantPorts } from "./instant-runner.ts";
import { layers } from "./job-graph.ts";
import { planOf } from "./plan-of.ts";

const [folder, runs, jobs, commits = runs] = process.argv.slice(2);
const { delivery, plan } = planOf(layers(Number(jobs) / 100));
let events: number;
{
  await using store = openStore(folder!);
  const engine = await openEngine(instantPorts({ store, jobs: Number.POSITIVE_INFINITY }));
  for (let number = 0; number < Number(runs); number += 1) {
    const change = { ...plan.change, commit: `commit ${number % Number(commits)}` };
    const { run } = await engine.createRun({ delivery, plan: { ...plan, change }, parallel: 100 });
    await engine.settled(run);
  }
  events = engine.state.seq;
  await engine.close();
}
const files = readdirSync(folder!).filter((name) => name.startsWith("journal.db"));
const bytes = files.reduce((sum, name) => sum + statSync(join(folder!, name)).size, 0);
console.log(JSON.stringify({ events, sizeMb: bytes / 1e6 }));
