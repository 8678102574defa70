import type { Finding } from "../../src/findings/finding.ts";
import type { Report } from "../../src/findings/print/report.ts";
import type { Marks } from "../../src/findings/print/text.ts";
import { locationOf, type SourceFile } from "../../src/findings/source.ts";

export function source(path: string, text: string): SourceFile {
  return { path, text, byteOrderMark: false };
}

export const deploy = source(
  ".github/workflows/deploy.yml",
  "on:\n  workflow_run:\n    workflows: [CI]\njobs:\n  ship:\n    runs-on: ubuntu-latest\n",
);
export const ci = source(".github/workflows/ci.yml", "name: CI\non: push\n");

/** A finding at the first occurrence of some text. */
export function finding(file: SourceFile, words: string, parts: Partial<Finding> = {}): Finding {
  const start = file.text.indexOf(words);
  return {
    rule: "no-conclusion-guard",
    severity: "error",
    confidence: "high",
    message: "Job 'ship' deploys after a failed run of CI",
    location: locationOf({ source: file, start, end: start + words.length }),
    related: [],
    schedule: [],
    why: "Untested code reaches users.",
    help: "Test the conclusion.",
    ...parts,
  };
}

export function report(findings: readonly Finding[], ...files: readonly SourceFile[]): Report {
  return { findings, sources: new Map(files.map((file) => [file.path, file])), files: 2, rules: 47, suppressed: 0 };
}

const same = (text: string) => text;
export const plain: Marks = { bad: same, warning: same, active: same, faint: same, strong: same };
