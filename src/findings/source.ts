/**
 * Source text and places in it.
 *
 * A `Place` is two offsets into a `SourceFile`: cheap enough to keep for every scalar that a reader sees. It becomes a
 * `Location` (lines and columns, what people and editors read) only when something is reported.
 */

/** One file that was read. `path` is relative to the repository, with forward slashes. */
export interface SourceFile {
  readonly path: string;
  /** The text as decoded, with its own line ends and without a byte order mark. */
  readonly text: string;
  /** Whether the file began with a byte order mark; offsets in `text` do not count it. */
  readonly byteOrderMark: boolean;
}

/** A span of one file: offsets in UTF-16 code units, `start` included, `end` excluded. */
export interface Place {
  readonly source: SourceFile;
  readonly start: number;
  readonly end: number;
}

/** A value together with where it is written. */
export interface Placed<T> {
  readonly value: T;
  readonly at: Place;
}

/** What is reported: lines and columns counted from 1, columns in UTF-16 code units, the end excluded. */
export interface Location {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine?: number;
  readonly endColumn?: number;
}

const lineStartsOf = new WeakMap<SourceFile, readonly number[]>();

/** Offsets at which the lines of a file begin; the first is always 0. Computed once a file. */
export function lineStarts(source: SourceFile): readonly number[] {
  const known = lineStartsOf.get(source);
  if (known) return known;
  const starts = [0];
  for (let i = source.text.indexOf("\n"); i >= 0; i = source.text.indexOf("\n", i + 1)) starts.push(i + 1);
  lineStartsOf.set(source, starts);
  return starts;
}

/** Line and column of an offset, both from 1. Offsets outside the text are clamped to it. */
export function positionOf(source: SourceFile, offset: number): { line: number; column: number } {
  const starts = lineStarts(source);
  const at = Math.max(0, Math.min(offset, source.text.length));
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= at) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: at - starts[low]! + 1 };
}

/** The place as people read it. */
export function locationOf(place: Place): Location {
  const start = positionOf(place.source, place.start);
  const end = positionOf(place.source, Math.max(place.start, place.end));
  return { file: place.source.path, ...start, endLine: end.line, endColumn: end.column };
}

/** The text of a line (from 1) without its line end, or undefined where the file has no such line. */
export function lineText(source: SourceFile, line: number): string | undefined {
  const starts = lineStarts(source);
  const start = starts[line - 1];
  if (start === undefined) return undefined;
  const end = starts[line] ?? source.text.length;
  return source.text.slice(start, end).replace(/\r?\n$/, "");
}
