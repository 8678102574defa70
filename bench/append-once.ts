/**
 * Makes events durable and says what one takes.
 *
 *     node append-once.ts file|singly|together PATH    prints {"eachUs"}
 */
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import type { EngineEvent } from "../src/engine/events.ts";
import { openStore } from "../src/store/store.ts";
import { layers } from "./job-graph.ts";
import { planOf } from "./plan-of.ts";

const [how, path] = process.argv.slice(2);
const event = (job: number) =>
  ({ type: "job.started", run: "r1", job: `shop.job${job}@dev`, attempt: 1, token: "t".repeat(32) }) as const;

if (how === "file") {
  const file = openSync(path!, "a");
  report(1000, () => {
    for (let job = 0; job < 1000; job++) {
      writeSync(file, `${JSON.stringify(event(job))}\n`);
      fdatasyncSync(file);
    }
  });
  closeSync(file);
} else {
  const { delivery, plan } = planOf(layers(1));
  using store = openStore(path!);
  const append = (event: EngineEvent) => store.turn(() => ({ events: [event], at: 0 }));
  await append({ type: "run.created", run: "r1", release: 1, delivery, plan, parallel: 2 });
  const [turns, together] = how === "singly" ? [1000, 1] : [100, 100];
  const start = performance.now();
  for (let turn = 0; turn < turns; turn++) {
    const appended = Array.from({ length: together }, (_, job) => append(event(job)));
    await Promise.all(appended);
  }
  console.log(JSON.stringify({ eachUs: ((performance.now() - start) * 1000) / (turns * together) }));
}

function report(times: number, work: () => void): void {
  const start = performance.now();
  work();
  console.log(JSON.stringify({ eachUs: ((performance.now() - start) * 1000) / times }));
}
