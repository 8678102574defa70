import type { Caller } from "../control.ts";
import { findOpenRun, requireJournal } from "../local/journal.ts";
import { actorHere } from "../local/session.ts";
import type { Underway } from "../local/underway.ts";
import { findProject } from "../project.ts";
import { type TakeUpOptions, takeUp } from "./take-up.ts";

export interface ResumeRequest extends TakeUpOptions {
  config?: string;
  /** By id or release number; without it the only one that has not ended. */
  run?: string;
}

/** Goes on with a run that has not ended and that nobody runs. Other runs are left as they are. @throws {Refused} */
export async function resumeRun(caller: Caller, request: ResumeRequest): Promise<Underway> {
  const project = findProject(caller, request);
  using journal = requireJournal(project);
  const { run } = findOpenRun(journal, request.run, { isLeft: true });
  const by = actorHere(caller.env);
  return await takeUp(caller, { project, run, options: request, begin: (session) => session.adopt(run, by) });
}
