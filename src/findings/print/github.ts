import type { Finding } from "../finding.ts";
import type { Report } from "./report.ts";
import { closingLine } from "./text.ts";
import { visible, visibleLine } from "./visible.ts";

const commands = { error: "error", warning: "warning", note: "notice" } as const;

/** Workflow commands that GitHub shows as annotations beside the lines. */
export function githubAnnotations({ findings }: Report): string[] {
  return findings.map((finding) => {
    const { file, line, column, endLine, endColumn } = finding.location;
    const properties = {
      file,
      line,
      endLine,
      // Columns are only allowed where the annotation stays on one line.
      ...(endLine === line ? { col: column, endColumn } : {}),
      title: `baton: ${finding.rule}`,
    };
    const written = Object.entries(properties)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${key}=${escapeProperty(String(value))}`)
      .join(",");
    return `::${commands[finding.severity]} ${written}::${escapeData(bodyOf(finding))}`;
  });
}

function bodyOf({ message, schedule, help }: Finding): string {
  return visible([message, ...schedule.map((line) => `  ${line}`), help].join("\n"));
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/** The page that GitHub shows for the job: Markdown. */
export function jobSummary(report: Report): string {
  const rows = report.findings.map(
    ({ severity, rule, location, message }) =>
      `| ${severity} | ${rule} | ${code(`${location.file}:${location.line}`)} | ${cell(message)} |`,
  );
  const table = rows.length > 0 ? ["", "| | rule | place | |", "|---|---|---|---|", ...rows] : [];
  return ["## baton check", "", `${closingLine(report)}.`, ...table, ""].join("\n");
}

/** Text in a table cell: no other cell, no markup, no link. */
function cell(text: string): string {
  return visibleLine(text)
    .replace(/[\\`*_{}[\]<>|~]/g, "\\$&")
    .replaceAll("://", ":\u200B//")
    .replaceAll("@", "@\u200B");
}

function code(text: string): string {
  return `\`${visibleLine(text).replaceAll("`", "'").replaceAll("|", "\\|")}\``;
}
