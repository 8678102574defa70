import { type Actor, refused } from "../control.ts";
import type { NamedRun, Underway, WithSecrets } from "../host.ts";
import { findRun, isUnderway, requireJournal } from "../local/journal.ts";
import type { Place } from "../project.ts";
import { takeUp } from "./take-up.ts";

/** Runs again what failed, was cancelled or skipped in a run that has ended; what passed stays. @throws {Refused} */
export async function retryRun(place: Place, request: NamedRun & WithSecrets, by: Actor): Promise<Underway> {
  using journal = requireJournal(place.project);
  const { run, conclusion } = findRun(journal, request.run);
  if (conclusion === undefined) {
    throw refused(isUnderway(journal, run) ? "runs-elsewhere" : "not-finished", { subject: run });
  }
  if (conclusion === "succeeded") throw refused("nothing-to-retry", { subject: run });
  return await takeUp(place, {
    run,
    by,
    options: request,
    async begin(session) {
      await session.checkouts.restore(run, session.engine.run(run)?.environments.keys());
      session.withhold(run);
      await session.engine.retry(run, { by: by.name });
      return { interrupted: [] };
    },
  });
}
