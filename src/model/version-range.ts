/** A dotted version, `[major, minor, patch]`. Pre-release marks are ignored: tools print them in too many ways. */
export type Version = readonly [number, number, number];

/** The first thing in `text` that looks like a version (`v1.2.3`, `1.2`), as programs print it for `--version`. */
export function findVersion(text: string): Version | undefined {
  const match = /(?:^|[^\d.])(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
}

/**
 * Whether `version` is in the semver range: comparators (`>=1.2`, `<2`), `^1.2`, `~1.2.3`, `1.x`, `1.2 - 2.0`, joined by
 * spaces (all must hold) and `||` (one must hold). Undefined when the range cannot be read.
 */
export function satisfies(version: Version, range: string): boolean | undefined {
  return intervalsOf(range)?.some(({ from, below }) => compare(version, from) >= 0 && compare(version, below) < 0);
}

/** Half-open: `from` is in it, `below` is not. */
export interface Interval {
  readonly from: Version;
  readonly below: Version;
}

const LOWEST: Version = [0, 0, 0];
/** Above every version. */
export const HIGHEST: Version = [Number.POSITIVE_INFINITY, 0, 0];

/** A range as intervals, one of which has to hold; empty where none can. Undefined when the range cannot be read. */
export function intervalsOf(range: string): Interval[] | undefined {
  const intervals: Interval[] = [];
  for (const alternative of range.split("||")) {
    const all = readAlternative(alternative.trim());
    if (all === undefined) return undefined;
    const common = all.reduce(intersection);
    if (compare(common.from, common.below) < 0) intervals.push(common);
  }
  return intervals;
}

/** What is in both; one that ends before it begins when nothing is. */
const intersection = (a: Interval, b: Interval): Interval => ({
  from: compare(a.from, b.from) >= 0 ? a.from : b.from,
  below: compare(a.below, b.below) <= 0 ? a.below : b.below,
});

export const overlap = (a: Interval, b: Interval): boolean => {
  const { from, below } = intersection(a, b);
  return compare(from, below) < 0;
};

function readAlternative(text: string): Interval[] | undefined {
  const hyphen = /^(\S+)\s+-\s+(\S+)$/.exec(text);
  if (hyphen !== null) {
    const from = readPartial(hyphen[1]!);
    const to = readPartial(hyphen[2]!);
    return from && to ? [{ from: floor(from), below: above(to) }] : undefined;
  }
  const intervals: Interval[] = [];
  for (const word of text.replace(/([<>=^~]+)\s+/g, "$1").split(/\s+/)) {
    const interval = readComparator(word);
    if (interval === undefined) return undefined;
    intervals.push(interval);
  }
  return intervals;
}

function readComparator(word: string): Interval | undefined {
  const match = /^(>=|<=|>|<|=|\^|~)?(.*)$/.exec(word)!;
  const partial = readPartial(match[2]!);
  if (partial === undefined) return undefined;
  switch (match[1]) {
    case ">=":
      return { from: floor(partial), below: HIGHEST };
    case ">":
      return { from: above(partial), below: HIGHEST };
    case "<":
      return { from: LOWEST, below: floor(partial) };
    case "<=":
      return { from: LOWEST, below: above(partial) };
    case "~":
      return { from: floor(partial), below: above(partial.slice(0, 2)) };
    case "^":
      return { from: floor(partial), below: above(partial.slice(0, caretLength(partial))) };
    default:
      return { from: floor(partial), below: above(partial) };
  }
}

/** The numbers that were written: none for `*`, one for `1` or `1.x`, up to three. */
function readPartial(text: string): number[] | undefined {
  const match = /^v?(\d+|[x*])?(?:\.(\d+|[x*]))?(?:\.(\d+|[x*]))?(?:[-+][\w.+-]+)?$/i.exec(text);
  if (match === null) return undefined;
  const numbers: number[] = [];
  for (const part of [match[1], match[2], match[3]]) {
    if (part === undefined || !/^\d+$/.test(part)) break;
    numbers.push(Number(part));
  }
  return numbers;
}

/** A caret allows changes right of the first number that is not zero. */
function caretLength(partial: number[]): number {
  const first = partial.findIndex((number) => number !== 0);
  return first === -1 ? partial.length : first + 1;
}

function floor(partial: readonly number[]): Version {
  return [partial[0] ?? 0, partial[1] ?? 0, partial[2] ?? 0];
}

/** The first version after everything the partial stands for. */
function above(partial: readonly number[]): Version {
  const [major, minor, patch] = partial;
  if (major === undefined) return HIGHEST;
  if (minor === undefined) return [major + 1, 0, 0];
  if (patch === undefined) return [major, minor + 1, 0];
  return [major, minor, patch + 1];
}

function compare(a: Version, b: Version): number {
  // Two infinities are equal, and their difference is no number.
  return (a[0] === b[0] ? 0 : a[0] - b[0]) || a[1] - b[1] || a[2] - b[2];
}
