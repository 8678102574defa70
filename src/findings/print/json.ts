import type { Finding } from "../finding.ts";
import type { Happened, Report } from "./report.ts";

/** The document of `--format json`. Fields are only ever added. */
export function jsonReport({ findings, files, rules, suppressed, known, history }: Report): unknown {
  return {
    version: 1,
    findings: findings.map((finding) => jsonFinding(finding, history?.get(finding))),
    summary: { files, rules, suppressed, ...(known === undefined ? {} : { known }), ...countBySeverity(findings) },
  };
}

export function countBySeverity(findings: readonly Finding[]): { errors: number; warnings: number; notes: number } {
  const count = (severity: Finding["severity"]) => findings.filter((finding) => finding.severity === severity).length;
  return { errors: count("error"), warnings: count("warning"), notes: count("note") };
}

function jsonFinding(finding: Finding, history: Happened | undefined): unknown {
  const { rule, severity, confidence, message, location, related, schedule, why, help, url, edits } = finding;
  return {
    rule,
    severity,
    confidence,
    message,
    file: location.file,
    line: location.line,
    column: location.column,
    endLine: location.endLine,
    endColumn: location.endColumn,
    related: related.map((place) => ({
      file: place.location.file,
      line: place.location.line,
      column: place.location.column,
      message: place.message,
    })),
    schedule,
    why,
    help,
    url,
    fixable: edits !== undefined,
    history,
  };
}
