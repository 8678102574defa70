/**
 * Opens a state folder, folds its journal and takes up what was cut off, as `baton resume` does.
 *
 *     node resume-once.ts STATE_FOLDER    prints {"tookMs", "memoryMb"}
 */
import { openEngine } from "../src/engine/drive.ts";
import { openStore } from "../src/store/store.ts";
import { instantPorts } from "./instant-runner.ts";

const start = performance.now();
using store = openStore(process.argv[2]!);
const engine = openEngine(instantPorts({ store, jobs: 0 }));
const { runs } = await engine.recover();
const tookMs = performance.now() - start;
if (runs.length !== 1) throw new Error(`${runs.length} runs were taken up`);
console.log(JSON.stringify({ tookMs, memoryMb: process.resourceUsage().maxRSS / 1024 }));
