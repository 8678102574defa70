import { join } from "node:path";
import type { Bench } from "../bench.ts";
import { answerOf } from "../processes.ts";

/** How much of a run is Baton's own: the same jobs through engine and journal, without a process for any of them. */
export function engineAloneBench(workFolder: string): Bench {
  let round = 0;
  return {
    name: "engine and journal",
    about: "the 1,000 jobs of the layers through engine and journal durable as in a run, but without processes",
    unit: "ms",
    rounds: 5,
    sides: [
      {
        name: "in one process",
        measure: () =>
          answerOf<{ tookMs: number }>("run-instantly.ts", [join(workFolder, `instant-${round++}`)]).tookMs,
      },
    ],
  };
}
