/**
 * A Baton to be killed: writes to a state folder beside others. Says `open` and its session, then, after each event that it
 * made durable, how many there were at least, each on a line of its own.
 *
 *     node hold-folder.ts STATE_FOLDER [EVENTS]
 */
import { openStore } from "../../src/store/store.ts";
import { created, started } from "./events.ts";

const [folder, events] = process.argv.slice(2);
const store = openStore(folder!);
process.stdout.write(`open\n${store.lease.mine}\n`);
let last = 0;
for await (const batch of store.events(0)) last = batch.at(-1)?.seq ?? last;
if (events !== undefined) {
  await store.turn((others) => {
    last += others.length;
    if (last > 0) return { events: [], at: 1 };
    last = 1;
    return { events: [created("r1", 1)], at: 1 };
  });
  process.stdout.write(`${last}\n`);
  for (let job = 0; job < Number(events); job++) {
    await store.turn((others) => {
      last += others.length + 1;
      return { events: [started("r1", `shop.job${last}`)], at: 1 };
    });
    process.stdout.write(`${last}\n`);
  }
}
setInterval(() => {}, 60_000);
