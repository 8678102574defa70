import type { Actor } from "../control.ts";
import type { ResumeRequest, Underway } from "../host.ts";
import { findOpenRun, requireJournal } from "../local/journal.ts";
import type { Place } from "../project.ts";
import { takeUp } from "./take-up.ts";

/** Goes on with a run that has not ended and that nobody runs. Other runs are left as they are. @throws {Refused} */
export async function resumeRun(place: Place, request: ResumeRequest, by: Actor): Promise<Underway> {
  using journal = requireJournal(place.project);
  const { run } = findOpenRun(journal, request.run, { isLeft: true });
  return await takeUp(place, { run, by, options: request, begin: (session) => session.adopt(run, by, request) });
}
