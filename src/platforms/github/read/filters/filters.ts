import { type Automaton, accepts, advance, closure, compilePattern, setsOf } from "./pattern.ts";

interface Rule {
  readonly automaton: Automaton;
  readonly negated: boolean;
}

/** A set of names (branches, tags or paths) as a filter describes it. */
export interface NameFilter {
  /** In order: the last rule that matches decides. */
  readonly rules: readonly Rule[];
  /** Whether what the rules let in is what the filter keeps out (`branches-ignore`). */
  readonly inverted: boolean;
}

/** The filter of `branches`, `tags` or `paths`: a name gets in by a pattern, and a later `!pattern` takes it out again. */
export function onlyNames(patterns: readonly string[]): NameFilter {
  return { rules: patterns.map(rule), inverted: false };
}

/** The filter of `branches-ignore`, `tags-ignore` or `paths-ignore`. */
export function exceptNames(patterns: readonly string[]): NameFilter {
  return { rules: patterns.map(rule), inverted: true };
}

function rule(pattern: string): Rule {
  const negated = pattern.startsWith("!");
  return { automaton: compilePattern(negated ? pattern.slice(1) : pattern), negated };
}

/** Whether the filter lets a name in. Case matters. */
export function letsIn(filter: NameFilter, name: string): boolean {
  const states = filter.rules.map(({ automaton }) =>
    [...name].reduce((at, char) => advance(automaton, at, char), closure(automaton, [0])),
  );
  return decide(filter, states);
}

/** States of each rule of the filter after the whole name was read. */
function decide({ rules, inverted }: NameFilter, states: readonly (readonly number[])[]): boolean {
  for (let i = rules.length - 1; i >= 0; i--) {
    const { automaton, negated } = rules[i]!;
    if (accepts(automaton, states[i]!)) return negated === inverted;
  }
  return inverted;
}

export type FoundName =
  | { readonly answer: "yes"; readonly name: string }
  | { readonly answer: "no" }
  /** The patterns are too many to decide it. */
  | { readonly answer: "unknown" };

export interface NameQuestion {
  readonly passing: readonly NameFilter[];
  readonly failing: readonly NameFilter[];
}

/** More positions than these are not explored; real filters need a few dozen. */
const MAX_POSITIONS = 20_000;

interface Position {
  /** States of every automaton, in order. */
  readonly states: readonly (readonly number[])[];
  readonly from: Position | undefined;
  readonly char: string;
}

/** Names as git and file systems have them: segments that are not empty, divided by slashes. */
const wellFormed = segments();

function segments(): Automaton {
  const notSlash = { key: "not /", has: (char: string) => char !== "/", samples: ["/"] };
  const slash = { key: "= /", has: (char: string) => char === "/", samples: ["/"] };
  return {
    edges: [
      [{ set: notSlash, to: 1 }],
      [
        { set: notSlash, to: 1 },
        { set: slash, to: 0 },
      ],
    ],
    jumps: [[], []],
    end: 1,
  };
}

/** Looks for a shortest name that passes some filters and fails others, by walking all their automata at once. */
export function findName({ passing, failing }: NameQuestion): FoundName {
  const filters = [...passing, ...failing];
  const automata = [wellFormed, ...filters.flatMap((filter) => filter.rules.map((each) => each.automaton))];
  const alphabet = distinctChars(automata);
  const fits = (position: Position): boolean => {
    if (!accepts(wellFormed, position.states[0]!)) return false;
    let at = 1;
    return filters.every((filter, i) => {
      const states = position.states.slice(at, at + filter.rules.length);
      at += filter.rules.length;
      return decide(filter, states) === i < passing.length;
    });
  };
  const seen = new Set<string>();
  const start: Position = { states: automata.map((each) => closure(each, [0])), from: undefined, char: "" };
  let row = [start];
  while (row.length > 0) {
    const next: Position[] = [];
    for (const position of row) {
      if (fits(position)) return { answer: "yes", name: nameOf(position) };
      for (const char of alphabet) {
        const states = automata.map((each, i) => advance(each, position.states[i]!, char));
        const key = states.map((each) => each.join()).join(";");
        if (states[0]!.length === 0 || seen.has(key)) continue;
        if (seen.size >= MAX_POSITIONS) return { answer: "unknown" };
        seen.add(key);
        next.push({ states, from: position, char });
      }
    }
    row = next;
  }
  return { answer: "no" };
}

function nameOf(position: Position): string {
  const chars: string[] = [];
  for (let at: Position | undefined = position; at; at = at.from) chars.push(at.char);
  return chars.reverse().join("");
}

/** One character for each way in which characters can differ to the automata; letters first, for names one can read. */
function distinctChars(automata: readonly Automaton[]): string[] {
  const sets = new Map(automata.flatMap(setsOf).map((set) => [set.key, set]));
  const kinds = new Map<string, string>();
  for (const char of ["x", "a", "1", "-", "/", "_", ...[...sets.values()].flatMap((set) => set.samples)]) {
    const kind = [...sets.values()].map((set) => (set.has(char) ? 1 : 0)).join("");
    if (!kinds.has(kind)) kinds.set(kind, char);
  }
  return [...kinds.values()];
}
