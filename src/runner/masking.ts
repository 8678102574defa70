import { advance, createPatternSet, type PatternNode, type PatternSet } from "./pattern-search.ts";
import { secretForms } from "./secret-forms.ts";

export const MASK = "***";

/**
 * Replaces secrets in cleaned text (see clean-text.ts). Every character that belongs to an occurrence of any form of any
 * secret is hidden; each unbroken run of hidden characters becomes one `***`; everything else is unchanged.
 * A colour in the middle of a secret does not hide it from the search and is kept.
 */
export interface Masking {
  /** Over text that comes in pieces; holds back no more than what may still turn out to begin a secret. */
  stream(): MaskingStream;
  /** For a text that is complete. */
  mask(text: string): string;
}

export interface MaskingStream {
  push(text: string): string;
  end(): string;
}

const NO_MASKING: Masking = {
  stream: () => ({ push: (text) => text, end: () => "" }),
  mask: (text) => text,
};

/** After this many colours with no character between them a match is given up, so that what is held back stays bounded. */
const COLOURS_IN_A_ROW = 64;
const ESCAPE = 0x1b;
const NEWLINE = 0x0a;

/** Empty values are ignored. */
export function createMasking(secrets: Iterable<string>): Masking {
  const plain = new Set<string>();
  const wrapped = new Set<string>();
  for (const secret of secrets) {
    if (secret === "") continue;
    const forms = secretForms(secret);
    for (const form of forms.plain) plain.add(form);
    for (const form of forms.wrapped) wrapped.add(form);
  }
  if (plain.size === 0) return NO_MASKING;
  const sets = [createPatternSet(plain), createPatternSet(wrapped)] as const;
  const stream = () => createStream(...sets);
  return {
    stream,
    mask(text) {
      const once = stream();
      return once.push(text) + once.end();
    },
  };
}

/** One automaton at work: where it stands, and where in the stream the characters it has matched so far are. */
interface Search {
  readonly set: PatternSet;
  node: PatternNode;
  /** Ring of stream positions of the last characters fed, at least as many as the longest pattern has. */
  readonly positions: Float64Array;
  fed: number;
}

function createStream(plainSet: PatternSet, wrappedSet: PatternSet): MaskingStream {
  const plain = createSearch(plainSet);
  const wrapped = createSearch(wrappedSet);
  /** Characters read but not yet given out; the first is at stream position `start`. */
  let held = "";
  let start = 0;
  /** Ranges of stream positions to hide, sorted, neither touching nor overlapping; ends exclusive. */
  let hidden: { from: number; to: number }[] = [];
  /** The stream position up to which the run being hidden has already been given out as one mask. */
  let maskedTo = -1;
  let newlines = 0;
  let colours = 0;
  let inColour = false;

  function hide(from: number, to: number): void {
    let first = from;
    let last = to;
    for (let range = hidden.at(-1); range !== undefined && range.to >= first; range = hidden.at(-1)) {
      first = Math.min(first, range.from);
      last = Math.max(last, range.to);
      hidden.pop();
    }
    hidden.push({ from: first, to: last });
  }

  function feed(search: Search, code: number, position: number): void {
    if (search.node.depth === 0 && search.set.begins[code] === 0) return;
    const node = advance(search.node, code);
    search.node = node;
    if (node.depth === 0) return;
    search.positions[search.fed++ % search.positions.length] = position;
    if (node.matched > 0) hide(positionOf(search, node.matched), position + 1);
  }

  function scan(text: string, offset: number): void {
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (inColour) {
        if (code === 0x6d) inColour = false;
        continue;
      }
      if (code === ESCAPE) {
        inColour = true;
        if (++colours > COLOURS_IN_A_ROW) restart(plain, wrapped);
        continue;
      }
      colours = 0;
      feed(plain, code, offset + index);
      if (code !== NEWLINE) {
        newlines = 0;
        feed(wrapped, code, offset + index);
      } else if (++newlines > 1) restart(wrapped);
    }
  }

  /** Gives out everything before the stream position `limit`. */
  function give(limit: number): string {
    let out = "";
    let at = start;
    for (const range of hidden) {
      if (range.from >= limit) break;
      const to = Math.min(range.to, limit);
      out += held.slice(at - start, Math.max(range.from, at) - start);
      const covered = held.slice(Math.max(range.from, at) - start, to - start);
      if (maskedTo < range.from) out += MASK;
      maskedTo = to;
      out += coloursOf(covered);
      at = to;
    }
    out += held.slice(at - start, limit - start);
    // A run that ends exactly here may go on: the next match would join it.
    hidden = hidden.filter((range) => range.to >= limit);
    held = held.slice(limit - start);
    start = limit;
    return out;
  }

  return {
    push(text) {
      const offset = start + held.length;
      held += text;
      scan(text, offset);
      return give(Math.min(firstUndecided(plain), firstUndecided(wrapped), offset + text.length));
    },
    end() {
      return give(start + held.length);
    },
  };
}

function createSearch(set: PatternSet): Search {
  return { set, node: set.root, positions: new Float64Array(set.longest + 1), fed: 0 };
}

/** Stream position of the first of the last `count` characters. */
function positionOf(search: Search, count: number): number {
  return search.positions[(search.fed - count) % search.positions.length]!;
}

/** The earliest stream position at which a match may still be under way. */
function firstUndecided(search: Search): number {
  return search.node.depth === 0 ? Number.POSITIVE_INFINITY : positionOf(search, search.node.depth);
}

function restart(...searches: Search[]): void {
  for (const search of searches) search.node = search.set.root;
}

function coloursOf(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character begins a colour.
  return text.includes("\x1b") ? (text.match(/\x1b\[[0-9;:]*m/g) ?? []).join("") : "";
}
