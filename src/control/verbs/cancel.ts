import type { Actor } from "../control.ts";
import type { Cancelled, NamedRun } from "../host.ts";
import { findOpenRun, requireJournal } from "../local/journal.ts";
import { asRefusal, openSession, type Session } from "../local/session.ts";
import type { Place, Project } from "../project.ts";
import type { RunId } from "../views/events.ts";

/** Stops a run, whoever runs it; what nobody runs is ended here. @throws {Refused} */
export async function cancelRun(
  { project }: Place,
  request: NamedRun & { mode: "graceful" | "now" },
  by: Actor,
): Promise<Cancelled> {
  const run = whichRun(project, request.run);
  const session = await openSession({ project, secrets: () => undefined });
  try {
    const isElsewhere = !session.engine.isOrphan(run);
    await session.engine.cancel(run, { mode: request.mode, by: by.name });
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
