/** Makes a run durable, takes a turn that may wait and is killed in it: `node ahead-and-die.ts STATE_FOLDER`. */
import { openStore } from "../../src/store/store.ts";
import { append, created, started } from "./events.ts";

const store = openStore(process.argv[2]!);
await append(store, [created("r1", 1)], 1);
const ahead = () => process.kill(process.pid, "SIGKILL");
await store.turn(() => ({ events: [started("r1", "a.b")], at: 2, ahead }));
