/** Quoted texts and heredocs as templates. */

import type { Place } from "../../../../../findings/source.ts";
import type { Expression, TemplatePart } from "./expression.ts";
import type { SyntaxNode } from "./syntax-nodes.ts";
import { inLines, outdented, type Piece, unescaped, unescapedHeredoc, withoutMarkedSpace } from "./template-text.ts";

export interface TemplateReading {
  readonly at: Place;
  /** The text of the tree that is read. */
  readonly text: string;
  expression(node: SyntaxNode): Expression;
}

type Pieces = Piece<SyntaxNode>[];

const sequences: ReadonlySet<string> = new Set([
  "template_interpolation",
  "template_for_start",
  "template_for_end",
  "template_if_intro",
  "template_else_intro",
  "template_if_end",
]);

/** What holds sequences, and is none itself. */
const holders: ReadonlySet<string> = new Set(["template_directive", "template_for", "template_if"]);

export function isText(node: SyntaxNode): boolean {
  return node.type === "string_lit" || node.type === "quoted_template" || node.type === "heredoc_template";
}

/** The template that a node of `isText` is; a text alone is a literal. */
export function readText(node: SyntaxNode, reading: TemplateReading): Expression {
  const { at } = reading;
  const parts = new Assembly(piecesOf(node, reading.text), reading).parts();
  const [first] = parts;
  if (!first) return { kind: "literal", value: "", at };
  return parts.length === 1 && first.kind === "text"
    ? { kind: "literal", value: first.text, at }
    : { kind: "template", parts, at };
}

function piecesOf(node: SyntaxNode, text: string): Pieces {
  if (node.type !== "heredoc_template") {
    const inner = { start: node.start + 1, end: node.end - 1 };
    return withoutMarkedSpace(split(node, text, inner).map((piece) => withText(piece, unescaped)));
  }
  const [opening, name] = node.children;
  const closing = node.children.at(-1)!;
  const start = text.indexOf("\n", name!.end) + 1;
  const end = Math.max(start, text.lastIndexOf("\n", closing.start - 1) + 1);
  const pieces = inLines(split(node, text, { start, end }).map((piece) => withText(piece, unescapedHeredoc)));
  const lines = withoutMarkedSpace(pieces);
  return text.startsWith("<<-", opening!.start) ? outdented(lines) : lines;
}

function withText(piece: Piece<SyntaxNode>, change: (text: string) => string): Piece<SyntaxNode> {
  return piece.kind === "text" ? { kind: "text", text: change(piece.text) } : piece;
}

/** The parser passes over white space between sequences, so text is all that is between them. */
function split(
  node: SyntaxNode,
  text: string,
  { start, end }: { readonly start: number; readonly end: number },
): Pieces {
  const pieces: Pieces = [];
  let from = start;
  const until = (to: number): void => {
    const between = text.slice(from, to);
    if (between !== "") pieces.push({ kind: "text", text: between.replaceAll("\r\n", "\n") });
  };
  for (const each of sequencesIn(node)) {
    until(each.start);
    const parts = each.children.map(({ type }) => type);
    const [before, after] = [parts[1] === "strip_marker", parts.at(-2) === "strip_marker"];
    pieces.push({ kind: "sequence", value: each, before, after });
    from = each.end;
  }
  until(end);
  return pieces;
}

function sequencesIn(node: SyntaxNode): SyntaxNode[] {
  return node.children.flatMap((each) =>
    sequences.has(each.type) ? [each] : holders.has(each.type) ? sequencesIn(each) : [],
  );
}

/** Puts what is between the beginning and the end of a directive into it. */
class Assembly {
  private readonly pieces: Pieces;
  private readonly reading: TemplateReading;
  private next = 0;

  constructor(pieces: Pieces, reading: TemplateReading) {
    this.pieces = pieces;
    this.reading = reading;
  }

  /** Up to the end, or a sequence of one of these types, which is consumed. */
  parts(...until: readonly string[]): TemplatePart[] {
    const parts: TemplatePart[] = [];
    for (let piece = this.pieces[this.next++]; piece; piece = this.pieces[this.next++]) {
      if (piece.kind === "text") {
        if (piece.text !== "") parts.push(merged(parts, piece.text));
      } else if (until.includes(piece.value.type)) return parts;
      else parts.push(...this.sequence(piece.value));
    }
    return parts;
  }

  private sequence(node: SyntaxNode): TemplatePart[] {
    const inner = node.children.find(({ type }) => type === "expression");
    const value: Expression = inner ? this.reading.expression(inner) : { kind: "unreadable", at: this.reading.at };
    switch (node.type) {
      case "template_interpolation":
        return [{ kind: "interpolation", value }];
      case "template_for_start":
        return [
          { kind: "for", names: loopNames(node, this.reading.text), over: value, body: this.parts("template_for_end") },
        ];
      case "template_if_intro":
        return [{ kind: "if", condition: value, ...this.branches() }];
      default:
        return [];
    }
  }

  private branches(): { then: TemplatePart[]; otherwise: TemplatePart[] } {
    const then = this.parts("template_else_intro", "template_if_end");
    const last = this.pieces[this.next - 1];
    const hasOther = last?.kind === "sequence" && last.value.type === "template_else_intro";
    return { then, otherwise: hasOther ? this.parts("template_if_end") : [] };
  }
}

/** Lines of one text, which outdenting has parted, are one part again. */
function merged(parts: TemplatePart[], text: string): TemplatePart {
  const last = parts.at(-1);
  if (last?.kind !== "text") return { kind: "text", text };
  parts.pop();
  return { kind: "text", text: last.text + text };
}

/** The names of `for a, b in …`. */
export function loopNames(node: SyntaxNode, text: string): string[] {
  return node.children.filter(({ type }) => type === "identifier").map(({ start, end }) => text.slice(start, end));
}
