/** Applies text edits. An edit that cannot be applied safely takes all edits of its finding with it. */

import type { Finding, TextEdit } from "./finding.ts";
import type { SourceFile } from "./source.ts";

export interface Applied {
  /** New texts by path, only of files that change. */
  readonly texts: ReadonlyMap<string, string>;
  /** How many findings were repaired. */
  readonly repaired: number;
}

/**
 * All edits of a finding or none; those that need most files first, then in their order; of edits that touch the same
 * place only the first. Offsets are those of the files as read. Lines that are added end as those of the file do.
 */
export function applyEdits(findings: readonly Finding[], sources: ReadonlyMap<string, SourceFile>): Applied {
  const accepted = new Map<string, TextEdit[]>();
  let repaired = 0;
  for (const { edits } of [...findings].sort((a, b) => filesOf(b) - filesOf(a))) {
    if (
      !edits?.length ||
      !edits.every((edit, i) => isSafe(edit, [...othersIn(edit, accepted), ...edits.slice(0, i)]))
    ) {
      continue;
    }
    for (const edit of edits) accepted.set(edit.file, [...othersIn(edit, accepted), edit]);
    repaired += 1;
  }
  const texts = new Map<string, string>();
  for (const [file, edits] of accepted) {
    const source = sources.get(file)!;
    const text = edited(source.text, edits);
    texts.set(file, source.byteOrderMark ? `\uFEFF${text}` : text);
  }
  return { texts, repaired };

  function isSafe(edit: TextEdit, others: readonly TextEdit[]): boolean {
    const source = sources.get(edit.file);
    if (!source || edit.start < 0 || edit.end < edit.start || edit.end > source.text.length) return false;
    return !others.some((other) => other.file === edit.file && overlaps(edit, other));
  }
}

function filesOf({ edits = [] }: Finding): number {
  return new Set(edits.map(({ file }) => file)).size;
}

function othersIn({ file }: TextEdit, accepted: ReadonlyMap<string, TextEdit[]>): readonly TextEdit[] {
  return accepted.get(file) ?? [];
}

/** Edits at one offset have no order, so they overlap too. */
function overlaps(a: TextEdit, b: TextEdit): boolean {
  return a.start === b.start || (a.start < b.end && b.start < a.end);
}

function edited(text: string, edits: readonly TextEdit[]): string {
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const pieces: string[] = [];
  let from = 0;
  for (const edit of [...edits].sort((a, b) => a.start - b.start)) {
    pieces.push(text.slice(from, edit.start), edit.text.replace(/\r?\n/g, newline));
    from = edit.end;
  }
  return pieces.join("") + text.slice(from);
}
