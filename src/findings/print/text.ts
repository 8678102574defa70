import { count } from "../count.ts";
import type { Finding } from "../finding.ts";
import { type Location, lineText } from "../source.ts";
import { countBySeverity } from "./json.ts";
import type { Happened, Report } from "./report.ts";
import { visible, visibleLine } from "./visible.ts";

/** How words are marked; plain text where there are no colours. */
export interface Marks {
  bad(text: string): string;
  warning(text: string): string;
  active(text: string): string;
  faint(text: string): string;
  strong(text: string): string;
}

/** Characters of a source line that are shown; of a longer one a window around the place. */
const MAX_WIDTH = 160;
const LEAD = 40;

/** Both sides with their lines, and the schedule as a small timeline. */
export function textReport(report: Report, marks: Marks): string[] {
  return report.findings.flatMap((finding) => [...textFinding(finding, report, marks), ""]);
}

function textFinding(finding: Finding, report: Report, marks: Marks): string[] {
  const colour = { error: marks.bad, warning: marks.warning, note: marks.active }[finding.severity];
  const sure = finding.confidence === "high" ? "" : marks.faint(` (${finding.confidence} confidence)`);
  return [
    `${colour(finding.severity)} ${marks.strong(finding.rule)}: ${visibleLine(finding.message)}${sure}`,
    ...frame({ location: finding.location, report, marks, sign: colour, words: "" }),
    ...finding.related.flatMap(({ location, message }) =>
      frame({ location, report, marks, sign: marks.active, words: ` ${marks.active(visibleLine(message))}` }),
    ),
    ...timeline(finding.schedule, marks),
    ...past(report.history?.get(finding), marks),
    `  ${marks.faint("why ")} ${visibleLine(finding.why)}`,
    `  ${marks.faint("help")} ${visibleLine(finding.help)}`,
    ...(finding.url ? [`  ${marks.faint("docs")} ${marks.faint(finding.url)}`] : []),
  ];
}

interface Frame {
  readonly location: Location;
  readonly report: Report;
  readonly marks: Marks;
  readonly sign: (text: string) => string;
  readonly words: string;
}

function frame({ location, report, marks, sign, words }: Frame): string[] {
  const place = `  ${marks.faint("-->")} ${visibleLine(location.file)}:${location.line}:${location.column}`;
  const source = report.sources.get(location.file);
  const text = source && lineText(source, location.line);
  if (text === undefined) return [`${place}${words}`];
  const start = location.column - 1;
  const lastColumn = location.endLine === location.line ? (location.endColumn ?? location.column + 1) : Infinity;
  const end = Math.max(start + 1, Math.min(lastColumn - 1, text.trimEnd().length));
  const from = text.length > MAX_WIDTH && start > MAX_WIDTH - LEAD ? start - LEAD : 0;
  const to = from + MAX_WIDTH;
  const before = `${from > 0 ? "…" : ""}${visible(text.slice(from, start))}`;
  const shown = `${before}${visible(text.slice(start, to))}${to < text.length ? "…" : ""}`;
  const width = Math.max(1, visible(text.slice(start, Math.min(end, to))).length);
  const number = String(location.line);
  const bar = marks.faint("|");
  return [
    place,
    `  ${marks.faint(number)} ${bar} ${shown}`,
    // Tabs stay tabs, so that the signs stand below their text whatever the width of a tab.
    `  ${" ".repeat(number.length)} ${bar} ${before.replace(/[^\t]/g, " ")}${sign("^".repeat(width))}${words}`,
  ];
}

function timeline(schedule: readonly string[], marks: Marks): string[] {
  return schedule.map((line, i) => {
    const sign = schedule.length === 1 ? "─" : i === 0 ? "┌" : i === schedule.length - 1 ? "└" : "├";
    return `  ${marks.faint(sign)} ${visibleLine(line)}`;
  });
}

/** Runs named of one finding; JSON has more. */
const MAX_RUNS = 5;

/** `4 of 213 runs: 9001, 9017`. */
function past(happened: Happened | undefined, marks: Marks): string[] {
  if (!happened) return [];
  const { times, of, runs } = happened;
  const named = runs.slice(-MAX_RUNS).map(visibleLine).join(", ");
  const more = times > MAX_RUNS ? `, and ${times - MAX_RUNS} before` : "";
  return [`  ${marks.faint("past")} ${times} of ${count(of, "run")}${times > 0 ? `: ${named}${more}` : ""}`];
}

/** `3 findings (1 error, 2 warnings) in 30 workflows, 47 rules`. */
export function closingLine({
  findings,
  files,
  pipelines = 0,
  definitions = 0,
  rules,
  suppressed,
  known = 0,
  gone = 0,
}: Report): string {
  const { errors, warnings, notes } = countBySeverity(findings);
  const parts = [count(errors, "error"), count(warnings, "warning"), count(notes, "note")].filter(
    (part) => !part.startsWith("0 "),
  );
  const found = findings.length === 0 ? "nothing found" : parts.join(", ");
  const counts = Object.entries({ suppressed, known, "known before and gone": gone });
  const hidden = counts.flatMap(([what, many]) => (many > 0 ? [`, ${many} ${what}`] : [])).join("");
  const read = [
    ...(files > 0 || pipelines + definitions === 0 ? [count(files, "workflow")] : []),
    ...(pipelines > 0 ? [count(pipelines, "pipeline")] : []),
    ...(definitions > 0 ? [count(definitions, "definition")] : []),
  ].join(" and ");
  return `${found} in ${read} by ${rules} rules${hidden}`;
}
