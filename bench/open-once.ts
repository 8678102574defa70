/**
 * Opens a state folder as the start of a run does: verify, read from the checkpoint on, ask what was deployed.
 *
 *     node open-once.ts STATE_FOLDER    prints {"tookMs", "cpuMs", "memoryMb"}
 */
import { openEngine } from "../src/engine/engine.ts";
import { openStore } from "../src/store/store.ts";
import { instantPorts } from "./instant-runner.ts";

const start = performance.now();
const before = process.cpuUsage();
await using store = openStore(process.argv[2]!);
const engine = await openEngine(instantPorts({ store, jobs: 0 }));
store.deployed();
store.durations();
store.openRuns();
const { user, system } = process.cpuUsage(before);
const tookMs = performance.now() - start;
const memoryMb = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ tookMs, cpuMs: (user + system) / 1000, memoryMb }));
await engine.close();
