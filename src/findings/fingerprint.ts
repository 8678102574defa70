/**
 * A finding recognised again after lines above it came or went, and after its words became better: by rule, file, the text
 * it stands on, and the other files it speaks of.
 */

import type { Finding } from "./finding.ts";
import { lineText, type SourceFile } from "./source.ts";

/** Equal findings on equal lines are told apart by their order in the file. */
export function createFingerprints(sources: ReadonlyMap<string, SourceFile>): (finding: Finding) => string {
  const seen = new Map<string, number>();
  return ({ rule, location, related }) => {
    const source = sources.get(location.file);
    const line = (source && lineText(source, location.line)?.trim()) ?? "";
    const others = new Set(related.map((place) => place.location.file));
    others.delete(location.file);
    const base = `${rule}:${location.file}:${hash([line, ...[...others].sort()].join("\n"))}`;
    const count = (seen.get(base) ?? 0) + 1;
    seen.set(base, count);
    return count === 1 ? base : `${base}:${count}`;
  };
}

/** FNV-1a, 32 bits, twice with different beginnings: short, and the same everywhere. */
function hash(text: string): string {
  const once = (start: number): string => {
    let value = start;
    for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0;
    return value.toString(16).padStart(8, "0");
  };
  return `${once(0x811c9dc5)}${once(0x9e3779b9)}`;
}
