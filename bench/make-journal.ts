/**
 * Writes a journal of so many events or a few more with the real engine: runs of 1,000 jobs in layers, the last one cut off.
 *
 *     node make-journal.ts STATE_FOLDER EVENTS
 */
import { openEngine } from "../src/engine/engine.ts";
import { openStore } from "../src/store/store.ts";
import { instantPorts } from "./instant-runner.ts";
import { layers } from "./job-graph.ts";
import { planOf } from "./plan-of.ts";

const [folder, wanted] = process.argv.slice(2);
const events = Number(wanted);
const { delivery, plan } = planOf(layers(10));
using store = openStore(folder!);
const engine = await openEngine(instantPorts({ store, jobs: Number.POSITIVE_INFINITY }));
const cutOff = Promise.withResolvers<void>();
let recorded = 0;
engine.subscribe(() => {
  if (++recorded === events) cutOff.resolve();
});
while (recorded < events) {
  const { run } = await engine.createRun({ delivery, plan, parallel: 2 });
  await Promise.race([engine.settled(run), cutOff.promise]);
}
console.log(JSON.stringify({ recorded }));
await engine.close();
