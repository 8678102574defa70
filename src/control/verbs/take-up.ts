import type { Caller } from "../control.ts";
import { actorHere, openSession, type Session } from "../local/session.ts";
import { type Begun, Underway } from "../local/underway.ts";
import type { Project } from "../project.ts";
import { readSecrets } from "../request/secrets.ts";
import type { RunId } from "../views/events.ts";

export interface TakeUpOptions {
  /** A file of `NAME=value` lines; other secrets come from environment variables. */
  secretsFile?: string;
}

export interface TakeUp {
  project: Project;
  run: RunId;
  options: TakeUpOptions;
  /** What happens to the run, once everybody listens. */
  begin(session: Session): Promise<Begun>;
}

/** Makes a run that is there go on in this process. @throws {Refused} */
export async function takeUp(caller: Caller, { project, run, options, begin }: TakeUp): Promise<Underway> {
  const session = await openSession({ project, secrets: readSecrets(caller, options.secretsFile) });
  return new Underway(session, { run, by: actorHere(caller.env), begin: () => begin(session) });
}
