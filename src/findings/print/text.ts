import type { Finding } from "../finding.ts";
import { type Location, lineText } from "../source.ts";
import { countBySeverity } from "./json.ts";
import type { Report } from "./report.ts";

/** How words are marked; plain text where there are no colours. */
export interface Marks {
  bad(text: string): string;
  warning(text: string): string;
  active(text: string): string;
  faint(text: string): string;
  strong(text: string): string;
}

const MAX_LINE = 160;

/** Both sides with their lines, and the schedule as a small timeline. */
export function textReport(report: Report, marks: Marks): string[] {
  return report.findings.flatMap((finding) => [...textFinding(finding, report, marks), ""]);
}

function textFinding(finding: Finding, report: Report, marks: Marks): string[] {
  const colour = { error: marks.bad, warning: marks.warning, note: marks.active }[finding.severity];
  const sure = finding.confidence === "high" ? "" : marks.faint(` (${finding.confidence} confidence)`);
  return [
    `${colour(finding.severity)} ${marks.strong(finding.rule)}: ${finding.message}${sure}`,
    ...frame(finding.location, report, marks, colour("^")),
    ...finding.related.flatMap(({ location, message }) => [
      ...frame(location, report, marks, marks.active("^"), ` ${marks.active(message)}`),
    ]),
    ...timeline(finding.schedule, marks),
    `  ${marks.faint("why ")} ${finding.why}`,
    `  ${marks.faint("help")} ${finding.help}`,
    ...(finding.url ? [`  ${marks.faint("docs")} ${marks.faint(finding.url)}`] : []),
  ];
}

function frame(location: Location, report: Report, marks: Marks, sign: string, words = ""): string[] {
  const place = `  ${marks.faint("-->")} ${location.file}:${location.line}:${location.column}`;
  const source = report.sources.get(location.file);
  const text = source && lineText(source, location.line);
  if (text === undefined) return [`${place}${words}`];
  const number = String(location.line);
  const shown = text.length > MAX_LINE ? `${text.slice(0, MAX_LINE)}…` : text;
  const end =
    location.endLine === location.line ? (location.endColumn ?? location.column + 1) : text.trimEnd().length + 1;
  const width = Math.max(1, Math.min(end, shown.length + 1) - location.column);
  // Tabs stay tabs, so that the signs stand below their text whatever the width of a tab.
  const before = text.slice(0, location.column - 1).replace(/[^\t]/g, " ");
  const bar = marks.faint("|");
  return [
    place,
    `  ${marks.faint(number)} ${bar} ${shown}`,
    `  ${" ".repeat(number.length)} ${bar} ${before}${location.column <= MAX_LINE ? sign.replace("^", "^".repeat(width)) : ""}${words}`,
  ];
}

function timeline(schedule: readonly string[], marks: Marks): string[] {
  return schedule.map((line, i) => {
    const sign = schedule.length === 1 ? "─" : i === 0 ? "┌" : i === schedule.length - 1 ? "└" : "├";
    return `  ${marks.faint(sign)} ${line}`;
  });
}

/** `3 findings (1 error, 2 warnings) in 30 workflows, 47 rules`. */
export function closingLine({ findings, files, rules, suppressed }: Report): string {
  const { errors, warnings, notes } = countBySeverity(findings);
  const parts = [plural(errors, "error"), plural(warnings, "warning"), plural(notes, "note")].filter(
    (part) => !part.startsWith("0 "),
  );
  const found = findings.length === 0 ? "nothing found" : parts.join(", ");
  const hidden = suppressed > 0 ? `, ${suppressed} suppressed` : "";
  return `${found} in ${plural(files, "workflow")} by ${rules} rules${hidden}`;
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
