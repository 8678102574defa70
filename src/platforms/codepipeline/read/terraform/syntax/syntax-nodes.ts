/** The parser's tree copied out of its memory, comments left out: asking it node by node takes ten times as long. */

import type { Tree, TreeCursor } from "web-tree-sitter";

export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  /** A sign or a word of the language itself has no name. */
  readonly isNamed: boolean;
  /** The parser has put it in. */
  readonly isMissing: boolean;
  readonly children: readonly SyntaxNode[];
}

/** The type of what the parser could make nothing of. */
export const errorType = "ERROR";

/** What is nested deeper is left out, before the stack ends. */
const MAX_COPIED_DEPTH = 1_500;

export function copied(tree: Tree): SyntaxNode {
  const cursor = tree.walk();
  try {
    return copyAt(cursor, 0);
  } finally {
    cursor.delete();
  }
}

function copyAt(cursor: TreeCursor, depth: number): SyntaxNode {
  const children: SyntaxNode[] = [];
  const { nodeType: type, startIndex: start, endIndex: end, nodeIsNamed: isNamed, nodeIsMissing: isMissing } = cursor;
  if (depth < MAX_COPIED_DEPTH && cursor.gotoFirstChild()) {
    do {
      if (cursor.nodeType !== "comment") children.push(copyAt(cursor, depth + 1));
    } while (cursor.gotoNextSibling());
    cursor.gotoParent();
  }
  return { type, start, end, isNamed, isMissing, children };
}
