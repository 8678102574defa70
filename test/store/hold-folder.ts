/**
 * A Baton to be killed: holds a state folder and appends events for ever. Says `open`, then the number of each event
 * that is durable, each on a line of its own.
 *
 *     node hold-folder.ts STATE_FOLDER [EVENTS]
 */
import { openStore } from "../../src/store/store.ts";
import { created, started } from "./events.ts";

const [folder, events] = process.argv.slice(2);
const store = openStore(folder!);
process.stdout.write("open\n");
let last = 0;
for (const { seq } of store.load()) last = seq;
if (events !== undefined) {
  if (last === 0) await store.append([created("r1", 1)], 1);
  else last--;
  process.stdout.write(`${++last}\n`);
  for (let job = 0; job < Number(events); job++) {
    await store.append([started("r1", `shop.job${last}`)], 1);
    process.stdout.write(`${++last}\n`);
  }
}
setInterval(() => {}, 60_000);
