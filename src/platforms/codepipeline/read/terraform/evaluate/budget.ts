/** How much is evaluated before the rest of a configuration counts as unknown: no file can keep the reader busy. */

import type { Node } from "../../tree/node.ts";

const MAX_STEPS = 400_000;
const MAX_DEPTH = 300;
/** Nodes of one value, those that occur several times counted each time. */
const MAX_SIZE = 100_000;

export class Budget {
  private steps = 0;
  private depth = 0;
  private readonly sizes = new WeakMap<Node, number>();

  /** Undefined where the budget is used up. */
  within<T>(evaluate: () => T): T | undefined {
    if (++this.steps > MAX_STEPS || this.depth >= MAX_DEPTH) return undefined;
    this.depth++;
    try {
      return evaluate();
    } finally {
      this.depth--;
    }
  }

  isTooLarge(node: Node): boolean {
    return this.size(node) > MAX_SIZE;
  }

  private size(node: Node): number {
    if (node.kind === "scalar") return 1;
    const known = this.sizes.get(node);
    if (known !== undefined) return known;
    let size = 1;
    const values = node.kind === "list" ? node.items : node.entries.map(({ value }) => value);
    for (const value of values) size += this.size(value);
    this.sizes.set(node, size);
    return size;
  }
}
