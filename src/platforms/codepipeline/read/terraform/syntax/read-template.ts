/** Quoted texts and heredocs as templates. */

import type { Place } from "../../../../../findings/source.ts";
import type { Expression, TemplatePart } from "./expression.ts";
import type { SyntaxNode } from "./syntax-nodes.ts";
import { inLines, outdented, type Piece, unescaped, unescapedHeredoc, withoutMarkedSpace } from "./template-text.ts";

export interface TemplateReading {
  readonly at: Place;
  /** The text of the tree that is read. */
  readonly text: string;
  /** Where a piece of it stands; undefined where it stands in no file like this. */
  place: ((start: number, end: number) => Place) | undefined;
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
  if (parts.length > 1 || first.kind !== "text") return { kind: "template", parts, at };
  return { kind: "literal", value: first.text, at, stretches: first.stretches };
}

function piecesOf(node: SyntaxNode, text: string): Pieces {
  if (node.type !== "heredoc_template") {
    const inner = { start: node.start + 1, end: node.end - 1 };
    return withoutMarkedSpace(split(node, text, inner).map(withoutEscapes));
  }
  const [opening, name] = node.children;
  const closing = node.children.at(-1)!;
  const start = text.indexOf("\n", name!.end) + 1;
  const end = Math.max(start, text.lastIndexOf("\n", closing.start - 1) + 1);
  const lines = withoutMarkedSpace(inLines(split(node, text, { start, end })).map(asLine));
  return text.startsWith("<<-", opening!.start) ? outdented(lines) : lines;
}

function withoutEscapes(piece: Piece<SyntaxNode>): Piece<SyntaxNode> {
  if (piece.kind !== "text") return piece;
  const text = unescaped(piece.text);
  return { ...piece, text, start: text === piece.text ? piece.start : undefined };
}

/** A line stands where it begins, though an escape in it moves what follows by a sign. */
function asLine(piece: Piece<SyntaxNode>): Piece<SyntaxNode> {
  if (piece.kind !== "text") return piece;
  return { ...piece, text: unescapedHeredoc(piece.text.replace(/\r\n$/, "\n")) };
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
    if (between !== "") pieces.push({ kind: "text", text: between, start: from });
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
        if (piece.text !== "") parts.push(merged(parts, piece.text, this.placed(piece)));
      } else if (until.includes(piece.value.type)) return parts;
      else parts.push(...this.sequence(piece.value));
    }
    return parts;
  }

  private placed({ text, start }: Extract<Piece<SyntaxNode>, { readonly kind: "text" }>): Place | undefined {
    return start === undefined ? undefined : this.reading.place?.(start, start + text.length);
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
function merged(parts: TemplatePart[], text: string, at: Place | undefined): TemplatePart {
  const last = parts.at(-1);
  const before = last?.kind === "text" ? (parts.pop() as typeof last) : undefined;
  const own = at ? [{ offset: before?.text.length ?? 0, at }] : [];
  return { kind: "text", text: (before?.text ?? "") + text, stretches: [...(before?.stretches ?? []), ...own] };
}

/** The names of `for a, b in …`. */
export function loopNames(node: SyntaxNode, text: string): string[] {
  return node.children.filter(({ type }) => type === "identifier").map(({ start, end }) => text.slice(start, end));
}
