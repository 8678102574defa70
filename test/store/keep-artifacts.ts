/**
 * Stores and lays folders for ever, to be killed: round N has 600 files that all say N, one of them large. Says the digest
 * of each when it is stored, and `placed` when it is laid.
 *
 *     node keep-artifacts.ts STATE_FOLDER WORK_FOLDER FIRST_ROUND
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ArtifactStore } from "../../src/store/artifacts/artifact-store.ts";

const [state, work, first] = process.argv.slice(2);
const artifacts = new ArtifactStore(state!);
for (let round = Number(first); ; round++) {
  const from = join(work!, "from");
  rmSync(from, { recursive: true, force: true });
  mkdirSync(join(from, "folder"), { recursive: true });
  for (let file = 0; file < 599; file++) writeFileSync(join(from, "folder", `${file}`), `round ${round} file ${file}`);
  writeFileSync(join(from, "large"), `round ${round}`.padEnd(3_000_000, "."));
  const ref = await artifacts.collect(from, { within: work! });
  console.log(JSON.stringify(ref));
  await artifacts.place(ref, join(work!, "to"), { within: work!, onto: "replace" });
  console.log("placed");
}
