/**
 * Path and branch filters with the meaning GitHub gives them ("Filter pattern cheat sheet" in the workflow syntax):
 *
 * - `*` any characters but `/`; `**` any characters; `**` and `/` at the start of a segment also nothing at all;
 * - `?` zero or one, `+` one or more of the character or bracket before it;
 * - `[a-f0-9]` one of these letters or digits; `\` takes the next character as it is;
 * - a leading `!` takes away again what earlier patterns matched. The last pattern that matches decides.
 */
export interface Filter {
  /** Whether one path or branch passes. A filter without patterns lets everything pass. */
  matches(candidate: string): boolean;
}

export interface PatternProblem {
  /** Offset in the pattern. */
  at: number;
  message: string;
}

/** What is wrong with one pattern; undefined when GitHub would take it. */
export function patternProblem(pattern: string): PatternProblem | undefined {
  const compiled = toRegExpSource(pattern);
  return typeof compiled === "string" ? undefined : compiled;
}

/**
 * Reads the patterns once, to match many candidates.
 *
 * @throws {SyntaxError} for a pattern that `patternProblem` would name.
 */
export function compileFilter(patterns: readonly string[]): Filter {
  if (patterns.length === 0) return { matches: () => true };
  const compiled = patterns.map((pattern) => {
    const source = toRegExpSource(pattern);
    if (typeof source !== "string")
      throw new SyntaxError(`"${pattern}", character ${source.at + 1}: ${source.message}`);
    return { test: new RegExp(source, "su"), includes: !pattern.startsWith("!") };
  });
  // From the last to the first: the first that matches in this direction is the one that decides.
  const latestFirst = compiled.reverse();
  return {
    matches(candidate) {
      for (const { test, includes } of latestFirst) if (test.test(candidate)) return includes;
      return false;
    },
  };
}

const compiledOf = new WeakMap<readonly string[], Filter>();

/**
 * Whether any of the paths or branches passes the patterns; without patterns always. A list of patterns is read once
 * and remembered, so it must not be changed afterwards.
 */
export function matchesAny(patterns: readonly string[], candidates: Iterable<string>): boolean {
  if (patterns.length === 0) return true;
  let filter = compiledOf.get(patterns);
  if (!filter) {
    filter = compileFilter(patterns);
    compiledOf.set(patterns, filter);
  }
  for (const candidate of candidates) if (filter.matches(candidate)) return true;
  return false;
}

/**
 * The regular expression that a pattern stands for, without its `!`; understood by JavaScript and Oniguruma alike.
 *
 * @throws {SyntaxError} for a pattern that `patternProblem` would name.
 */
export function patternSource(pattern: string): string {
  const source = toRegExpSource(pattern);
  if (typeof source === "string") return source;
  throw new SyntaxError(`"${pattern}", character ${source.at + 1}: ${source.message}`);
}

/** Letters of a pattern that the language gives a meaning; escaped they stand for themselves. */
const syntax = /[\\^$.*+?()[\]{}|/]/;

function toRegExpSource(pattern: string): string | PatternProblem {
  let source = "^";
  let index = pattern.startsWith("!") ? 1 : 0;
  if (index === pattern.length) return { at: 0, message: "there is nothing to match" };
  /** Whether a `?` or `+` may follow. */
  let repeatable = false;
  while (index < pattern.length) {
    const char = String.fromCodePoint(pattern.codePointAt(index)!);
    if (char === "*") {
      const star = readStar(pattern, index);
      source += star.source;
      index += star.length;
      repeatable = false;
      continue;
    }
    if (char === "?" || char === "+") {
      if (!repeatable) return { at: index, message: `"${char}" has no single character before it to repeat` };
      source += char;
      index += 1;
      repeatable = false;
      continue;
    }
    const one = char === "[" ? readBracket(pattern, index) : readCharacter(pattern, index, char);
    if ("message" in one) return one;
    source += one.source;
    index += one.length;
    repeatable = true;
  }
  return `${source}$`;
}

interface Piece {
  source: string;
  /** In the pattern. */
  length: number;
}

function readStar(pattern: string, index: number): Piece {
  let end = index;
  while (pattern[end] === "*") end++;
  if (end - index === 1) return { source: "[^/]*", length: 1 };
  const before = pattern[index - 1];
  const startsSegment = index === 0 || before === "/" || (index === 1 && before === "!");
  if (startsSegment && pattern[end] === "/") return { source: "(?:.+/)?", length: end + 1 - index };
  return { source: ".*", length: end - index };
}

function readCharacter(pattern: string, index: number, char: string): Piece | PatternProblem {
  if (char !== "\\") return { source: syntax.test(char) ? `\\${char}` : char, length: char.length };
  if (index + 1 === pattern.length) return { at: index, message: 'there is nothing after "\\" to take as it is' };
  const next = String.fromCodePoint(pattern.codePointAt(index + 1)!);
  return { source: syntax.test(next) ? `\\${next}` : next, length: 1 + next.length };
}

function readBracket(pattern: string, index: number): Piece | PatternProblem {
  const end = pattern.indexOf("]", index);
  if (end === -1) return { at: index, message: '"[" is never closed' };
  const inside = pattern.slice(index + 1, end);
  if (inside === "") return { at: index, message: '"[]" lists nothing' };
  const parts = inside.match(/[A-Za-z0-9]-[A-Za-z0-9]|[A-Za-z0-9]|./gsu) ?? [];
  let at = index + 1;
  for (const part of parts) {
    if (!/^[A-Za-z0-9]/.test(part)) return { at, message: `only letters and digits may stand in "[…]", not "${part}"` };
    if (part.length === 3 && !isRange(part)) return { at, message: `"${part}" is not a range of a-z, A-Z or 0-9` };
    at += part.length;
  }
  return { source: `[${inside}]`, length: end + 1 - index };
}

function isRange(part: string): boolean {
  const sameKind = /^(?:[a-z]-[a-z]|[A-Z]-[A-Z]|[0-9]-[0-9])$/.test(part);
  return sameKind && part[0]! <= part[2]!;
}
