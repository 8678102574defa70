import { type Caller, refused } from "../control.ts";
import { findRun, isUnderway, requireJournal } from "../local/journal.ts";
import { actorHere } from "../local/session.ts";
import type { Underway } from "../local/underway.ts";
import { findProject } from "../project.ts";
import { type TakeUpOptions, takeUp } from "./take-up.ts";

export interface RetryRequest extends TakeUpOptions {
  config?: string;
  /** By id or release number; without it the newest. */
  run?: string;
}

/** Runs again what failed, was cancelled or skipped in a run that has ended; what passed stays. @throws {Refused} */
export async function retryRun(caller: Caller, request: RetryRequest): Promise<Underway> {
  const project = findProject(caller, request);
  using journal = requireJournal(project);
  const { run, conclusion } = findRun(journal, request.run);
  if (conclusion === undefined) {
    throw refused(isUnderway(journal, run) ? "runs-elsewhere" : "not-finished", { subject: run });
  }
  if (conclusion === "succeeded") throw refused("nothing-to-retry", { subject: run });
  const by = actorHere(caller.env).name;
  return await takeUp(caller, {
    project,
    run,
    options: request,
    async begin(session) {
      await session.checkouts.restore(run);
      session.withhold(run);
      await session.engine.retry(run, { by });
      return { interrupted: [] };
    },
  });
}
