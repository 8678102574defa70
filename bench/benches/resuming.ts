import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Bench } from "../bench.ts";
import { answerOf } from "../processes.ts";

const sizes = [10_000, 30_000, 100_000];

export function resumingBench(workFolder: string): Bench {
  const used = join(workFolder, "resumed");
  return {
    name: "resume",
    about:
      "events in the journal (runs of 1,000 jobs, the last one cut off) that are opened, from the last checkpoint on, until the engine goes on; ratio per event",
    budget: "100,000 in under 1 s, growing linearly",
    unit: "ms",
    rounds: 3,
    sides: sizes.map((size) => {
      const made = join(workFolder, `journal-${size}`);
      answerOf("make-journal.ts", [made, String(size)]);
      return {
        name: `${size.toLocaleString("en")} events`,
        per: size,
        prepare() {
          rmSync(used, { recursive: true, force: true });
          cpSync(made, used, { recursive: true });
        },
        measure: () => answerOf<{ tookMs: number }>("resume-once.ts", [used]).tookMs,
      };
    }),
  };
}
