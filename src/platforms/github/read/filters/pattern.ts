/**
 * GitHub's filter patterns as automata.
 *
 * `*` any characters but `/`; `**` any characters; `?` and `+` make the character before optional or repeated; `[a-z]`
 * one of these; `\` takes the next character as it is. `**` as a whole segment also stands for no folder at all.
 * An automaton answers in time linear in the name whatever the pattern, and two of them can be asked for a common name.
 */

export interface CharSet {
  /** Equal sets have equal keys. */
  readonly key: string;
  has(char: string): boolean;
  /** Characters that tell this set from others. */
  readonly samples: readonly string[];
}

interface Edge {
  readonly set: CharSet;
  readonly to: number;
}

/** States are numbers from 0, the start; `end` accepts. */
export interface Automaton {
  readonly edges: readonly (readonly Edge[])[];
  readonly jumps: readonly (readonly number[])[];
  readonly end: number;
}

const any: CharSet = { key: "any", has: () => true, samples: [] };
const notSlash: CharSet = { key: "not /", has: (char) => char !== "/", samples: ["/"] };

function single(char: string): CharSet {
  return { key: `= ${char}`, has: (other) => other === char, samples: [char] };
}

class Builder {
  readonly edges: Edge[][] = [[]];
  readonly jumps: number[][] = [[]];
  at = 0;

  step(set: CharSet): void {
    const to = this.fresh();
    this.edges[this.at]!.push({ set, to });
    this.at = to;
  }

  loop(set: CharSet): void {
    const to = this.fresh();
    this.jumps[this.at]!.push(to);
    this.edges[to]!.push({ set, to });
    this.at = to;
  }

  jump(from: number): void {
    this.jumps[from]!.push(this.at);
  }

  private fresh(): number {
    this.edges.push([]);
    this.jumps.push([]);
    return this.edges.length - 1;
  }
}

/** Compiles one pattern, without a leading `!`. */
export function compilePattern(pattern: string): Automaton {
  const builder = new Builder();
  const chars = [...pattern];
  for (let i = 0; i < chars.length; ) {
    const char = chars[i]!;
    if (char === "*" && chars[i + 1] === "*") {
      const wholeSegment = chars[i + 2] === "/" && (i === 0 || chars[i - 1] === "/");
      const before = builder.at;
      builder.loop(any);
      if (wholeSegment) {
        builder.step(single("/"));
        builder.jump(before);
      }
      i += wholeSegment ? 3 : 2;
      continue;
    }
    if (char === "*") {
      builder.loop(notSlash);
      i++;
      continue;
    }
    const { set, length } = readSet(chars, i);
    i += length;
    const quantifier = chars[i];
    const before = builder.at;
    builder.step(set);
    if (quantifier === "?") builder.jump(before);
    else if (quantifier === "+") builder.loop(set);
    else continue;
    i++;
  }
  return { edges: builder.edges, jumps: builder.jumps, end: builder.at };
}

/** The character, class or escape at a position. An unclosed class is literal text. */
function readSet(chars: readonly string[], at: number): { set: CharSet; length: number } {
  const char = chars[at]!;
  if (char === "\\" && at + 1 < chars.length) return { set: single(chars[at + 1]!), length: 2 };
  const close = char === "[" ? chars.indexOf("]", at + 1) : -1;
  if (close < 0) return { set: single(char), length: 1 };
  return { set: classSet(chars.slice(at + 1, close)), length: close - at + 1 };
}

const alphanumeric = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"];

function classSet(chars: readonly string[]): CharSet {
  const members = new Set<string>();
  for (let i = 0; i < chars.length; i++) {
    const from = chars[i]!;
    const to = chars[i + 1] === "-" ? chars[i + 2] : undefined;
    if (to === undefined) {
      members.add(from);
      continue;
    }
    for (const char of alphanumeric) if (from <= char && char <= to) members.add(char);
    i += 2;
  }
  const sorted = [...members].sort();
  return { key: `[${sorted.join("")}]`, has: (char) => members.has(char), samples: [...sorted, ...alphanumeric] };
}

/** States reachable without reading, sorted, each once. */
export function closure({ jumps }: Automaton, states: readonly number[]): number[] {
  const reached = new Set(states);
  const open = [...states];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    for (const to of jumps[state]!) {
      if (reached.has(to)) continue;
      reached.add(to);
      open.push(to);
    }
  }
  return [...reached].sort((a, b) => a - b);
}

/** States after reading one character. */
export function advance(automaton: Automaton, states: readonly number[], char: string): number[] {
  const next = new Set<number>();
  for (const state of states) for (const { set, to } of automaton.edges[state]!) if (set.has(char)) next.add(to);
  return closure(automaton, [...next]);
}

export function accepts(automaton: Automaton, states: readonly number[]): boolean {
  return states.includes(automaton.end);
}

/** All sets of an automaton, for choosing characters that tell them apart. */
export function setsOf(automaton: Automaton): CharSet[] {
  return automaton.edges.flatMap((edges) => edges.map((edge) => edge.set));
}
