/** What `check` reports: a wrong pipeline, told with both sides and the order of events that breaks it. */

import type { Location } from "./source.ts";

export type { Location } from "./source.ts";

/** How bad it is when it happens. */
export type Severity = "error" | "warning" | "note";

/** How sure we are that it can happen: `low` where a setting that is not in the files may prevent it. */
export type Confidence = "high" | "medium" | "low";

/** The other side of a finding, or a place that explains it. */
export interface RelatedPlace {
  readonly location: Location;
  readonly message: string;
}

/** Replace `start` (included) to `end` (excluded), offsets in UTF-16 code units of the file as read, by `text`. */
export interface TextEdit {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export interface Finding {
  /** Stable kebab-case id of the rule, or of the reader (`invalid-workflow`). */
  readonly rule: string;
  readonly severity: Severity;
  readonly confidence: Confidence;
  /** One sentence that names the thing. */
  readonly message: string;
  readonly location: Location;
  readonly related: readonly RelatedPlace[];
  /** The bad order of events, one event a line; empty where no order is needed to show it. */
  readonly schedule: readonly string[];
  /** Why it matters. */
  readonly why: string;
  /** What to do. */
  readonly help: string;
  /** Where the platform documents the behaviour. */
  readonly url?: string;
  /** Edits that together repair it; all or none are applied. */
  readonly edits?: readonly TextEdit[];
}

const severityRank: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };

/** Whether `severity` is at least as bad as `threshold`. */
export function atLeast(severity: Severity, threshold: Severity): boolean {
  return severityRank[severity] <= severityRank[threshold];
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The one order of findings: file, line, column, rule, message. Independent of locale and of discovery order. */
export function compareFindings(a: Finding, b: Finding): number {
  return (
    compareText(a.location.file, b.location.file) ||
    a.location.line - b.location.line ||
    a.location.column - b.location.column ||
    compareText(a.rule, b.rule) ||
    compareText(a.message, b.message) ||
    compareText(a.schedule.join("\n"), b.schedule.join("\n"))
  );
}

/** Findings in the one order, without exact repetitions. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  const sorted = [...findings].sort(compareFindings);
  return sorted.filter((finding, i) => i === 0 || compareFindings(sorted[i - 1]!, finding) !== 0);
}
