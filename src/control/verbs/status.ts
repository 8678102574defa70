import { headsOfSnapshots } from "../../git/snapshot.ts";
import { processOf } from "../../store/lease.ts";
import type { ReadingHandle } from "../../store/store.ts";
import { openJournal } from "../local/journal.ts";
import { readOutlook } from "../local/outlook.ts";
import { untoldIn } from "../local/untold.ts";
import type { Project } from "../project.ts";
import { type StatusView, statusView } from "../views/status.ts";

/** What is deployed, the latest `most` runs, what has not ended and who runs it. */
export async function readStatus(project: Project, { most }: { most: number }): Promise<StatusView> {
  using journal = openJournal(project);
  const view = statusView(journal, { most, now: Date.now(), ownerOf: ({ owner }) => processIf(journal, owner) });
  const deployed = Object.values(view.deployed).flatMap((there) => Object.values(there));
  const commits = [...view.runs, ...deployed].map(({ commit }) => commit);
  const snapshots = project.repository === undefined ? {} : await headsOfSnapshots(project.repository, commits);
  const { promotions = [], held = [] } = journal === undefined ? {} : await readOutlook(journal);
  const untold = untoldIn(project.stateFolder);
  return {
    ...view,
    ...(promotions.length > 0 && { promotions }),
    ...(held.length > 0 && { held }),
    ...(untold.length > 0 && { untold }),
    ...(Object.keys(snapshots).length > 0 && { snapshots }),
  };
}

function processIf(journal: ReadingHandle | undefined, owner: string | undefined): { pid: number } | undefined {
  return owner !== undefined && journal?.isAlive(owner) ? { pid: processOf(owner) } : undefined;
}
