import type { Severity } from "../finding.ts";
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
  const used = new Set(report.findings.map((finding) => finding.rule));
  const listed = rules.filter((rule) => used.has(rule.id));
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
          level: finding.severity,
          message: { text: [finding.message, ...finding.schedule, finding.help].join("\n") },
          locations: [sarifLocation(finding.location)],
          relatedLocations: finding.related.map(({ location, message }, id) => ({
            id,
            ...sarifLocation(location),
            message: { text: message },
          })),
          partialFingerprints: { batonFinding: fingerprint(finding) },
          properties: { confidence: finding.confidence },
        })),
      },
    ],
  };
}

function sarifRule({ id, title, why, url, severity }: RuleText): unknown {
  return {
    id,
    shortDescription: { text: title },
    fullDescription: { text: why },
    helpUri: url,
    defaultConfiguration: { level: severity },
  };
}

function sarifLocation({ file, line, column, endLine, endColumn }: Location): { physicalLocation: unknown } {
  return {
    physicalLocation: {
      artifactLocation: { uri: encodeURI(file) },
      region: { startLine: line, startColumn: column, endLine, endColumn },
    },
  };
}
