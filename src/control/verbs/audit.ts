import { refused } from "../control.ts";
import { openJournal, requireJournal } from "../local/journal.ts";
import { wholeJournal } from "../local/state-folder.ts";
import type { Project } from "../project.ts";
import {
  type AuditEntry,
  type AuditVerifiedView,
  type AuditView,
  auditEntries,
  auditedTypes,
  type ChainHead,
} from "../views/audit.ts";

export interface AuditRequest {
  /** Newest first, at most so many. */
  most: number;
  /** Not older than that, in milliseconds since the epoch. */
  since?: number | undefined;
  /** Only what concerns this environment. */
  environment?: string | undefined;
}

/** Who did what, as the journal has it. */
export function readAudit(project: Project, { most, since = 0, environment }: AuditRequest): AuditView {
  using journal = openJournal(project);
  if (journal === undefined) return { version: 1, entries: [] };
  const head = journal.head();
  // Some events say nothing, or are of other environments: reads further back until there are enough.
  for (let newest = 2 * most; ; newest *= 4) {
    const { begin, events } = journal.newestOfTypes(auditedTypes, newest);
    const all = auditEntries(events);
    const runsThere = new Set(
      all.flatMap(({ run, environments }) => (environments.includes(environment!) ? [run] : [])),
    );
    const concerns = ({ run, environments }: AuditEntry) =>
      environment === undefined ||
      environments.includes(environment) ||
      (environments.length === 0 && (run === undefined || runsThere.has(run)));
    const found = all.filter((entry) => entry.seq >= begin && entry.at >= since && concerns(entry));
    const isAll = begin === 0 || events.some(({ seq, at }) => seq === begin && at < since);
    if (found.length < most && !isAll) continue;
    return { version: 1, entries: found.reverse().slice(0, most), ...(head && { head }) };
  }
}

/**
 * Reads every event of the journal: whether each is what was written, and the history can have happened. With `noted`, also
 * whether it is still the history of which somebody kept that. @throws {Refused} @throws {StoreError}
 */
export function verifyAudit(project: Project, noted: ChainHead | undefined): AuditVerifiedView {
  using journal = requireJournal(project);
  const { runs } = wholeJournal(project.stateFolder);
  const head = journal.head();
  if (noted !== undefined && journal.chainAt(noted.seq) !== noted.chain) {
    throw refused("other-history", { subject: String(noted.seq), known: head === undefined ? [] : [String(head.seq)] });
  }
  return { version: 1, events: journal.size(), runs, ...(head && { head }) };
}
