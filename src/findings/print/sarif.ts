import type { Finding, Severity, TextEdit } from "../finding.ts";
import { createFingerprints } from "../fingerprint.ts";
import type { Location } from "../source.ts";
import type { Report } from "./report.ts";

/** A rule as SARIF lists it. */
export interface RuleText {
  readonly id: string;
  readonly title: string;
  readonly why: string;
  readonly url: string;
  readonly severity: Severity;
}

/** SARIF 2.1.0, as code scanning takes it: https://docs.oasis-open.org/sarif/sarif/v2.1.0/ */
export function sarifReport(report: Report, rules: readonly RuleText[], version: string): unknown {
  const listed = usedRules(report.findings, rules);
  const indexes = new Map(listed.map((rule, index) => [rule.id, index]));
  const fingerprint = createFingerprints(report.sources);
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "baton", semanticVersion: version, rules: listed.map(sarifRule) } },
        columnKind: "utf16CodeUnits",
        results: report.findings.map((finding) => ({
          ruleId: finding.rule,
          ruleIndex: indexes.get(finding.rule),
          level: finding.severity,
          message: { text: [finding.message, ...finding.schedule, finding.help].join("\n") },
          locations: [sarifLocation(finding.location)],
          relatedLocations: finding.related.map(({ location, message }, id) => ({
            id,
            ...sarifLocation(location),
            message: { text: message },
          })),
          partialFingerprints: { batonFinding: fingerprint(finding) },
          ...(finding.edits?.length ? { fixes: [sarifFix(finding, finding.edits)] } : {}),
          properties: { confidence: finding.confidence },
        })),
      },
    ],
  };
}

/** Rules with findings, in their own order; what the reader itself reports is described by its finding. */
function usedRules(findings: readonly Finding[], rules: readonly RuleText[]): RuleText[] {
  const used = new Map(findings.map((finding) => [finding.rule, finding]));
  const listed = rules.filter((rule) => used.has(rule.id));
  for (const rule of listed) used.delete(rule.id);
  const others = [...used.values()].map(({ rule, why, url, severity }) => ({
    id: rule,
    title: rule.replaceAll("-", " "),
    why,
    url: url ?? "",
    severity,
  }));
  return [...listed, ...others.sort((a, b) => (a.id < b.id ? -1 : 1))];
}

function sarifRule({ id, title, why, url, severity }: RuleText): unknown {
  return {
    id,
    shortDescription: { text: title },
    fullDescription: { text: why },
    ...(url ? { helpUri: url } : {}),
    defaultConfiguration: { level: severity },
  };
}

function sarifLocation({ file, line, column, endLine, endColumn }: Location): { physicalLocation: unknown } {
  return {
    physicalLocation: {
      artifactLocation: artifact(file),
      region: { startLine: line, startColumn: column, endLine, endColumn },
    },
  };
}

function artifact(file: string): unknown {
  return { uri: file.split("/").map(encodeURIComponent).join("/"), uriBaseId: "%SRCROOT%" };
}

/** The edits of a finding, file by file. */
function sarifFix({ help }: Finding, edits: readonly TextEdit[]): unknown {
  const byFile = Map.groupBy(edits, (edit) => edit.file);
  return {
    description: { text: help },
    artifactChanges: [...byFile].map(([file, changes]) => ({
      artifactLocation: artifact(file),
      replacements: changes.map(({ start, end, text }) => ({
        deletedRegion: { charOffset: start, charLength: end - start },
        insertedContent: { text },
      })),
    })),
  };
}
