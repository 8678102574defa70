/** Finds all occurrences of many strings in one pass (the automaton of Aho and Corasick). Immutable once made. */
export interface PatternSet {
  readonly root: PatternNode;
  /** Length of the longest pattern. */
  readonly longest: number;
  /** By UTF-16 code unit: 1 where a pattern begins with it. */
  readonly begins: Uint8Array;
}

export interface PatternNode {
  readonly next: Map<number, PatternNode>;
  /** Where the search goes on when no pattern continues here: the longest proper suffix that begins a pattern. */
  fallback: PatternNode | undefined;
  /** How many characters of a pattern have been matched. */
  readonly depth: number;
  /** Length of the longest pattern that ends here, 0 when none does. */
  matched: number;
}

export function createPatternSet(patterns: Iterable<string>): PatternSet {
  const root: PatternNode = { next: new Map(), fallback: undefined, depth: 0, matched: 0 };
  let longest = 0;
  for (const pattern of patterns) {
    let node = root;
    for (let index = 0; index < pattern.length; index++) node = child(node, pattern.charCodeAt(index));
    node.matched = pattern.length;
    longest = Math.max(longest, pattern.length);
  }
  linkFallbacks(root);
  const begins = new Uint8Array(65_536);
  for (const code of root.next.keys()) begins[code] = 1;
  return { root, longest, begins };
}

/** The node after reading one more UTF-16 code unit. */
export function advance(from: PatternNode, code: number): PatternNode {
  let node = from;
  for (;;) {
    const next = node.next.get(code);
    if (next !== undefined) return next;
    if (node.fallback === undefined) return node;
    node = node.fallback;
  }
}

function child(parent: PatternNode, code: number): PatternNode {
  let node = parent.next.get(code);
  if (node === undefined) {
    node = { next: new Map(), fallback: undefined, depth: parent.depth + 1, matched: 0 };
    parent.next.set(code, node);
  }
  return node;
}

/** Breadth first, so that a node's fallback, which is shorter, is complete before it is asked. */
function linkFallbacks(root: PatternNode): void {
  let level = [root];
  while (level.length > 0) {
    const below: PatternNode[] = [];
    for (const parent of level) {
      for (const [code, node] of parent.next) {
        node.fallback = parent.fallback === undefined ? root : advance(parent.fallback, code);
        node.matched ||= node.fallback.matched;
        below.push(node);
      }
    }
    level = below;
  }
}
