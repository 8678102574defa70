import { join } from "node:path";
import type { Bench } from "../bench.ts";
import { answerOf } from "../processes.ts";

/** What durability costs beside the disk itself: a file that is written and synced as often. */
export function journalAppendBench(workFolder: string): Bench {
  let round = 0;
  const side = (name: string, how: string) => ({
    name,
    measure: () => answerOf<{ eachUs: number }>("append-once.ts", [how, join(workFolder, `append-${round++}`)]).eachUs,
  });
  return {
    name: "durable event",
    about: "one event in the journal, 1,000 one after another or 100 in each turn, against a plain file that is synced",
    unit: "µs",
    rounds: 5,
    sides: [
      side("plain file, each synced", "file"),
      side("journal, one at a time", "singly"),
      side("journal, 100 in a turn", "together"),
    ],
  };
}
