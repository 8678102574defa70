import type { Caller } from "../control.ts";
import { findOpenRun, requireJournal } from "../local/journal.ts";
import { actorHere, asRefusal, openSession, type Session } from "../local/session.ts";
import { findProject, type Project } from "../project.ts";
import type { RunId } from "../views/events.ts";

export interface CancelRequest {
  config?: string;
  /** By id or release number; without it the only one that has not ended. */
  run?: string;
  mode: "graceful" | "now";
}

export interface Cancelled {
  run: RunId;
  /** Another process runs it and was told. */
  isElsewhere: boolean;
  /** Resolves when it has ended, with how; undefined when it was left instead and can be resumed. */
  ended(): Promise<string | undefined>;
}

/** Stops a run, whoever runs it; what nobody runs is ended here. @throws {Refused} */
export async function cancelRun(caller: Caller, request: CancelRequest): Promise<Cancelled> {
  const project = findProject(caller, request);
  const run = whichRun(project, request.run);
  const by = actorHere(caller.env).name;
  const session = await openSession({ project, secrets: () => undefined });
  try {
    const isElsewhere = !session.engine.isOrphan(run);
    await session.engine.cancel(run, { mode: request.mode, by });
    return { run, isElsewhere, ended: () => ended(session, run) };
  } catch (error) {
    await session.close();
    throw asRefusal(error);
  }
}

function whichRun(project: Project, named: string | undefined): RunId {
  using journal = requireJournal(project);
  return findOpenRun(journal, named).run;
}

const lookEveryMs = 200;

async function ended(session: Session, run: RunId): Promise<string | undefined> {
  const left = Promise.withResolvers<string | undefined>();
  // Nobody tells when a process has gone. What it wrote last may be in the journal before this engine has followed it.
  const looking = setInterval(() => {
    if (session.engine.isOrphan(run)) left.resolve(session.store.run(run)?.conclusion);
  }, lookEveryMs);
  try {
    return await Promise.race([session.engine.settled(run).then(({ conclusion }) => conclusion), left.promise]);
  } catch (error) {
    throw asRefusal(error);
  } finally {
    clearInterval(looking);
    await session.close();
  }
}
