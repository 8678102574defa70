/**
 * Runs 1,000 jobs in layers, two at a time, that succeed at once.
 *
 *     node run-instantly.ts STATE_FOLDER    prints {"tookMs"}
 */
import { openEngine } from "../src/engine/engine.ts";
import { openStore } from "../src/store/store.ts";
import { instantPorts } from "./instant-runner.ts";
import { layers } from "./job-graph.ts";
import { planOf } from "./plan-of.ts";

const { delivery, plan } = planOf(layers(10));
const start = performance.now();
using store = openStore(process.argv[2]!);
const engine = await openEngine(instantPorts({ store, jobs: 1000 }));
const { run } = await engine.createRun({ delivery, plan, parallel: 2 });
const { conclusion } = await engine.settled(run);
if (conclusion !== "succeeded") throw new Error(`the run has ${conclusion}`);
console.log(JSON.stringify({ tookMs: performance.now() - start }));
await engine.close();
