import { type Asked, refused } from "../control.ts";
import type { Place } from "../project.ts";
import { type ReportRequest, readReport } from "../verbs/report.ts";
import type { ReportView } from "../views/report.ts";
import { askChild } from "./ask-child.ts";

/** What the child prints: `commands/read-report.ts`. */
export type ReportAnswer = Asked<ReportView>;

const limitMs = 60_000;

/**
 * How the delivery went between two moments. A year of it is millions of events: whoever answers others meanwhile has them read
 * by a process of its own. @throws {Refused} @throws {StoreError}
 */
export async function reportHere(place: Place, { since, until }: ReportRequest): Promise<ReportView> {
  const { project, caller } = place;
  if (caller.isLasting === undefined) return await readReport(place, { since, until });
  return await askChild<ReportView>({
    entry: caller.entry,
    command: ["read-report", project.file, String(since), String(until)],
    cwd: caller.cwd,
    limitMs,
    explain: (none) => {
      const late = `reading the journal took longer than ${limitMs / 1000} s`;
      return refused("not-ready", {
        subject: project.file,
        because: none === "late" ? late : "the reading of the journal ended without an answer",
      });
    },
  });
}
