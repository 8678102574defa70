import type { Outlook } from "../../release/automatic.ts";
import type { JournalReader } from "../../store/journal-reader.ts";
import { newestRuns } from "./journal.ts";

/** What is promoted by itself, unless something else happens before, and when; and what is not, and why. */
export async function readOutlook(journal: JournalReader): Promise<Outlook> {
  const made = journal.runs({ newest: newestRuns }).find(({ run }) => journal.moveOf(run) === undefined);
  // Most deliveries have nothing of the kind, and neither their history nor what reads it need be loaded.
  if (made === undefined || !journal.deliveryOf(made.run)?.environments.some(({ promote }) => promote)) {
    return { promotions: [], held: [] };
  }
  const { outlookIn } = await import("./release-facts.ts");
  return outlookIn(journal);
}
