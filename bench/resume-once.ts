/**
 * Opens a state folder, folds its journal and takes up what was cut off, as `baton resume` does.
 *
 *     node resume-once.ts STATE_FOLDER    prints {"tookMs", "memoryMb"}
 */
import { openEngine } from "../src/engine/engine.ts";
import { openStore } from "../src/store/store.ts";
import { instantPorts } from "./instant-runner.ts";

const start = performance.now();
using store = openStore(process.argv[2]!);
const engine = await openEngine(instantPorts({ store, jobs: 0 }));
const runs = [...engine.state.open];
await engine.adopt(runs, { by: "bench" });
const tookMs = performance.now() - start;
if (runs.length !== 1) throw new Error(`${runs.length} runs were taken up`);
console.log(JSON.stringify({ tookMs, memoryMb: process.resourceUsage().maxRSS / 1024 }));
await engine.close();
