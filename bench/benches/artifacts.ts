import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Bench } from "../bench.ts";
import { answerOf, timeOf } from "../processes.ts";

/** A folder is copied into the store and out again, durably and checked; `cp` copies it twice and syncs. */
export function artifactBenches(workFolder: string): Bench[] {
  return [
    bench(workFolder, { name: "artifact of 2,000 files", files: 2000, bytesEach: 4_000, budget: "<= 1.2x" }),
    bench(workFolder, { name: "artifact of 20,000 files", files: 20_000, bytesEach: 4_000, budget: "<= 1.2x" }),
    bench(workFolder, { name: "artifact of 256 MB", files: 1, bytesEach: 256_000_000, budget: "<= 1.1x" }),
  ];
}

function bench(
  workFolder: string,
  { name, files, bytesEach, budget }: { name: string; files: number; bytesEach: number; budget: string },
): Bench {
  const folder = join(workFolder, `artifact-${files}`);
  const from = join(folder, "from");
  const make = () => {
    for (let file = 0; file < files; file++) {
      const content = Buffer.alloc(bytesEach, `file ${file} `);
      mkdirSync(join(from, `d${file % 20}`), { recursive: true });
      writeFileSync(join(from, `d${file % 20}`, `f${file}`), content);
    }
  };
  // Each time into new folders: the disk would be busy with throwing away the old ones.
  let round = 0;
  const [state, to] = [() => join(folder, `state-${round}`), () => join(folder, `to-${round}`)];
  const prepare = () => {
    if (round++ === 0) make();
    execFileSync("sync", ["-f", folder]);
  };
  const copyTwice = () => `cp -R '${from}' '${state()}' && cp -R '${state()}' '${to()}' && sync -f '${to()}'`;
  return {
    name,
    about:
      "taken into the artifact store and laid elsewhere, durable and checked by digest, against two copies with `cp`",
    budget,
    unit: "ms",
    rounds: 3,
    sides: [
      { name: "cp, cp, sync", prepare, measure: () => timeOf("sh", ["-c", copyTwice()], { cwd: workFolder }) },
      {
        name: "collect and place",
        prepare,
        measure: () => answerOf<{ tookMs: number }>("hand-over-once.ts", [state(), from, to()]).tookMs,
      },
    ],
  };
}
