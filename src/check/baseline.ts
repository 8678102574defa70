/** A list of known findings: only what is new is reported. Lines may move; the text they stand on may not change. */

import type { Finding } from "../findings/finding.ts";
import { createFingerprints } from "../findings/fingerprint.ts";
import type { SourceFile } from "../findings/source.ts";

export type Baseline =
  | { readonly ok: true; readonly known: ReadonlySet<string> }
  | { readonly ok: false; readonly reason: string };

export function writeBaseline(findings: readonly Finding[], sources: ReadonlyMap<string, SourceFile>): string {
  const fingerprint = createFingerprints(sources);
  const known = findings.map(fingerprint).sort();
  return `${JSON.stringify({ version: 1, known }, null, 2)}\n`;
}

export function readBaseline(text: string): Baseline {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
  const { version, known } = (value ?? {}) as { version?: unknown; known?: unknown };
  if (version !== 1) return { ok: false, reason: `version 1 was expected, not ${JSON.stringify(version)}` };
  if (!Array.isArray(known) || known.some((each) => typeof each !== "string")) {
    return { ok: false, reason: "`known` must be a list of strings" };
  }
  return { ok: true, known: new Set(known as string[]) };
}

export interface Compared {
  readonly fresh: readonly Finding[];
  /** How many of the known ones are not found any more. */
  readonly gone: number;
}

export function compareWith(
  known: ReadonlySet<string>,
  findings: readonly Finding[],
  sources: ReadonlyMap<string, SourceFile>,
): Compared {
  const fingerprint = createFingerprints(sources);
  const found = new Map(findings.map((finding) => [finding, fingerprint(finding)]));
  const all = new Set(found.values());
  return {
    fresh: findings.filter((finding) => !known.has(found.get(finding)!)),
    gone: [...known].filter((each) => !all.has(each)).length,
  };
}
