/**
 * Takes a folder into the artifact store and lays it elsewhere.
 *
 *     node hand-over-once.ts STATE_FOLDER FROM TO    prints {"tookMs", "memoryMb"}
 */
import { dirname } from "node:path";
import { ArtifactStore } from "../src/store/artifacts/artifact-store.ts";

const [state, from, to] = process.argv.slice(2);
const start = performance.now();
const artifacts = new ArtifactStore(state!);
const ref = await artifacts.collect(from!, { within: dirname(from!) });
await artifacts.place(ref, to!, { within: dirname(to!), onto: "replace" });
const tookMs = performance.now() - start;
console.log(JSON.stringify({ tookMs, memoryMb: process.resourceUsage().maxRSS / 1024 }));
