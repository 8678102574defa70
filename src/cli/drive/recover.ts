import type { Display } from "./display.ts";
import type { Baton } from "./open-baton.ts";

/** Takes up what an earlier Baton left: its processes are ended, what was cut off starts again, and people are told. */
export async function recoverRuns({ engine, checkouts }: Baton, display: Pick<Display, "say">): Promise<void> {
  for (const run of engine.state.runs.values()) {
    if (run.finished !== undefined) continue;
    await checkouts.restore(run.id);
    const cutOff = [...engine.state.attempts.values()].filter((job) => job.run === run.id).map(({ id }) => id);
    if (cutOff.length > 0) display.say(`run ${run.id} was interrupted in ${cutOff.join(", ")}`);
  }
  await engine.recover();
}
