import { holderOf } from "../local/ask-holder.ts";
import { openJournal } from "../local/journal.ts";
import type { Project } from "../project.ts";
import { type StatusView, statusView } from "../views/status.ts";

/** What is deployed, the latest `most` runs, what has not ended and who makes it go on. */
export async function readStatus(project: Project, { most }: { most: number }): Promise<StatusView> {
  using journal = openJournal(project);
  const holder = holderOf(project);
  return statusView(journal, { most, now: Date.now(), ownerOf: () => holder });
}
