/** What is wrong with a text, by the first place where the parser had to guess. */

import type { SourceFile } from "../../../../../findings/source.ts";
import type { SyntaxProblem } from "../../tree/node.ts";
import { errorType, type SyntaxNode } from "./syntax-nodes.ts";

/** A text of a file, and where in it that begins. */
export interface TextOfFile {
  readonly source: SourceFile;
  readonly offset: number;
}

export function problemIn(root: SyntaxNode, where: TextOfFile): SyntaxProblem {
  const { source, offset } = where;
  const text = source.text.slice(offset, offset + root.end);
  const start = text.length - text.trimStart().length;
  const closing = /^[}\])]/.exec(text.slice(start))?.[0];
  if (closing) return told(`'${closing}' was not expected`, { start, end: start + 1 }, where);
  const open = openQuote(root, text);
  if (open) return told("the text in quotes has no end on its line", open, where);
  const guess = firstGuess(root) ?? root;
  const isAtEnd = guess.start >= text.trimEnd().length;
  if (isAtEnd) return told("what begins here has no end", { start, end: text.length }, where);
  return told(messageOf(guess, text), guess, where);
}

/** On the first line of it. */
function told(message: string, span: Pick<SyntaxNode, "start" | "end">, { source, offset }: TextOfFile): SyntaxProblem {
  const start = Math.min(offset + span.start, source.text.length);
  const end = Math.max(start, Math.min(offset + span.end, lineEnd(source.text, start)));
  return { message, at: { source, start, end } };
}

/** A quoted text that goes over the end of a line, which none can. */
function openQuote(node: SyntaxNode, text: string): SyntaxNode | undefined {
  for (const [i, each] of node.children.entries()) {
    const next = node.children[i + 1];
    if (each.type === "quoted_template_start" && next && text.slice(each.start, next.end).includes("\n")) return each;
    const found = openQuote(each, text);
    if (found) return found;
  }
  return undefined;
}

function firstGuess(node: SyntaxNode): SyntaxNode | undefined {
  if (node.type === errorType || node.isMissing) return node;
  for (const each of node.children) {
    const found = firstGuess(each);
    if (found) return found;
  }
  return undefined;
}

function messageOf(node: SyntaxNode, text: string): string {
  if (node.isMissing) return `'${node.type}' is missing`;
  const [line = ""] = text.slice(node.start, node.end).trim().split("\n");
  return line === "" ? "something is missing" : `'${line.slice(0, 40)}' was not expected`;
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}
