/** Patterns in GitHub's order (later ones win, `!` negates) to a test. */
export type CompileFilter = (patterns: readonly string[]) => (candidate: string) => boolean;

/** A sorted list of paths that many patterns are held against: each looks only at its own part of the list. */
export interface ChangedPaths {
  /** Those that the patterns let through, in order; no patterns let all through. */
  matching(patterns: readonly string[]): string[];
}

export function changedPaths(paths: Iterable<string>, compileFilter: CompileFilter): ChangedPaths {
  const sorted = [...new Set(paths)].sort();
  const known = new Map<string, string[]>();
  return {
    matching(patterns) {
      if (patterns.length === 0) return sorted;
      const key = JSON.stringify(patterns);
      const before = known.get(key);
      if (before !== undefined) return before;
      const found = candidates(sorted, patterns).filter(compileFilter(patterns));
      known.set(key, found);
      return found;
    },
  };
}

/** Paths that begin like one of the patterns that let something in. A negation only takes away. */
function candidates(sorted: readonly string[], patterns: readonly string[]): string[] {
  const ranges = patterns
    .filter((pattern) => !pattern.startsWith("!"))
    .map((pattern) => {
      const folder = literalFolder(pattern);
      return { start: firstAtLeast(sorted, folder), end: firstAtLeast(sorted, `${folder}\uffff`) };
    })
    .sort((a, b) => a.start - b.start);
  const found: string[] = [];
  let taken = 0;
  for (const { start, end } of ranges) {
    for (let i = Math.max(start, taken); i < end; i++) found.push(sorted[i]!);
    taken = Math.max(taken, end);
  }
  return found;
}

/** The folder that every match lies in: what stands before the first special character, up to its last slash. `?` makes the one before it optional. */
function literalFolder(pattern: string): string {
  const special = pattern.search(/[*?+[\]\\]/);
  if (special === -1) return pattern;
  const literal = pattern.slice(0, pattern[special] === "?" ? Math.max(special - 1, 0) : special);
  return literal.slice(0, literal.lastIndexOf("/") + 1);
}

function firstAtLeast(sorted: readonly string[], text: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! >= text) high = middle;
    else low = middle + 1;
  }
  return low;
}
