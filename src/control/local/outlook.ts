import type { RunId } from "../../engine/events.ts";
import type { Outlook } from "../../release/automatic.ts";
import type { JournalReader } from "../../store/journal-reader.ts";
import { newestRuns } from "./journal.ts";

/** What is promoted by itself, unless something else happens before, and when; and what is not, and why. */
export async function readOutlook(journal: JournalReader): Promise<Outlook> {
  // Most deliveries have nothing of the kind, and neither their history nor what reads it need be loaded.
  if (!mayPromote(journal)) return { promotions: [], held: [] };
  const { outlookIn } = await import("./release-facts.ts");
  return outlookIn(journal);
}

/** What goes on is the newest of what comes before, or a release of which nothing had to run there. */
function mayPromote(journal: JournalReader): boolean {
  const made = journal.runs({ newest: newestRuns }).find(({ run }) => journal.moveOf(run) === undefined);
  const newestIn = new Map<string, RunId>();
  for (const { environment, run } of journal.newestDeployments(1)) {
    if (!newestIn.has(environment)) newestIn.set(environment, run);
  }
  const runs = new Set([...(made === undefined ? [] : [made.run]), ...newestIn.values()]);
  return [...runs].some((run) => journal.deliveryOf(run)?.environments.some(({ promote }) => promote));
}
