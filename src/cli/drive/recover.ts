import type { Recovered } from "../../engine/drive.ts";
import type { Display } from "./display.ts";
import type { Baton } from "./open-baton.ts";

/** Takes up what an earlier Baton left: its processes are ended, what was cut off starts again, and people are told. */
export async function recoverRuns(baton: Baton, display: Pick<Display, "say">): Promise<Recovered> {
  for (const run of baton.engine.state.runs.values()) {
    if (run.finished === undefined) await baton.checkouts.restore(run.id);
  }
  const recovered = await baton.engine.recover();
  for (const run of recovered.runs) {
    const jobs = recovered.interrupted.filter((cut) => cut.run === run).map(({ job }) => job);
    if (jobs.length > 0) display.say(`run ${run} was interrupted in ${jobs.join(", ")}; it goes on`);
  }
  return recovered;
}
