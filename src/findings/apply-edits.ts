/** Applies text edits; of edits that touch the same place only the first is applied. */

import type { Finding, TextEdit } from "./finding.ts";
import type { SourceFile } from "./source.ts";

export interface Applied {
  /** New texts by path, only of files that change. */
  readonly texts: ReadonlyMap<string, string>;
  /** How many findings were repaired. */
  readonly repaired: number;
}

/** All edits of a finding or none; findings in their order. Offsets are those of the files as read. */
export function applyEdits(findings: readonly Finding[], sources: ReadonlyMap<string, SourceFile>): Applied {
  const accepted = new Map<string, TextEdit[]>();
  let repaired = 0;
  for (const { edits } of findings) {
    if (!edits?.length) continue;
    const clash = edits.some(
      (edit) => !sources.has(edit.file) || (accepted.get(edit.file) ?? []).some((other) => overlaps(edit, other)),
    );
    if (clash) continue;
    for (const edit of edits) accepted.set(edit.file, [...(accepted.get(edit.file) ?? []), edit]);
    repaired += 1;
  }
  const texts = new Map<string, string>();
  for (const [file, edits] of accepted) {
    let text = sources.get(file)!.text;
    for (const edit of [...edits].sort((a, b) => b.start - a.start)) {
      text = text.slice(0, edit.start) + edit.text + text.slice(edit.end);
    }
    texts.set(file, sources.get(file)!.byteOrderMark ? `\uFEFF${text}` : text);
  }
  return { texts, repaired };
}

function overlaps(a: TextEdit, b: TextEdit): boolean {
  return a.start === b.start || (a.start < b.end && b.start < a.end);
}
