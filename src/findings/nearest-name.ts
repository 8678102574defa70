/** Suggestions for misspelt names. */

/** The known name with the fewest edits away, if few enough to be a slip of the hand; the earlier one wins a tie. */
export function nearestName(wrong: string, known: Iterable<string>): string | undefined {
  const limit = Math.max(1, Math.floor(wrong.length / 3));
  let best: string | undefined;
  let bestEdits = limit + 1;
  for (const name of known) {
    if (name.toLowerCase() === wrong.toLowerCase()) return name;
    if (Math.abs(name.length - wrong.length) >= bestEdits) continue;
    const edits = editDistance(wrong.toLowerCase(), name.toLowerCase());
    if (edits < bestEdits) {
      best = name;
      bestEdits = edits;
    }
  }
  return best;
}

/** "did you mean "web"?" or, when nothing is near, the names that exist. */
export function suggestion(wrong: string, known: readonly string[], plural: string): string {
  const near = nearestName(wrong, known);
  if (near !== undefined) return `did you mean "${near}"?`;
  if (known.length === 0) return `there are no ${plural} here`;
  const shown = known.slice(0, 8).map((name) => `"${name}"`);
  const rest = known.length - shown.length;
  return `the ${plural} here are ${shown.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let edits = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) edits = Math.min(edits, beforeLast[column - 2]! + 1);
      current.push(edits);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length]!;
}
