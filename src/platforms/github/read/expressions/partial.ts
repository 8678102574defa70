/** Comparisons and functions on values of which only a part is known. Where that part does not decide, the answer is open. */

import { equals, foldCase, toText } from "./coerce.ts";
import { EvaluationError, separatorOf, splitFormat } from "./functions.ts";
import type { ComparisonOperator, Json } from "./syntax.ts";
import {
  alternatives,
  anyBoolean,
  anyText,
  known,
  type TextValue,
  type Truth,
  text,
  unknown,
  type Value,
} from "./value.ts";

type Piece = string | null;

export function truthValue(truth: Truth): Value {
  return truth === "unknown" ? anyBoolean() : known(truth === "yes");
}

const not = (truth: Truth): Truth => (truth === "yes" ? "no" : truth === "no" ? "yes" : "unknown");

/** Compares two values of which at least one is not fully known. */
export function comparePartial(operator: ComparisonOperator, left: Value, right: Value): Value {
  switch (operator) {
    case "==":
      return truthValue(equalsPartial(left, right));
    case "!=":
      return truthValue(not(equalsPartial(left, right)));
    case "<":
    case ">":
      return truthValue(neverOrdered(left, right) || neverOrdered(right, left) ? "no" : "unknown");
    case "<=":
    case ">=":
      if (isObjectValue(left) || isObjectValue(right)) return truthValue(equalsPartial(left, right));
      return truthValue(neverOrdered(left, right) || neverOrdered(right, left) ? "no" : "unknown");
    default:
      return operator satisfies never;
  }
}

/** An object, or text that is no number beside something that is no text: neither less nor greater. */
function neverOrdered(one: Value, other: Value): boolean {
  if (isObjectValue(one)) return true;
  if (one.kind !== "text" || mayBeNumber(one)) return false;
  return alternatives(other)?.every((value) => typeof value !== "string") ?? false;
}

const isObjectValue = (value: Value) => value.kind === "record" || value.kind === "list";

export function equalsPartial(left: Value, right: Value): Truth {
  // Each `.*` makes a list of its own, and lists are equal to themselves only.
  if (isFiltered(left) || isFiltered(right)) return "no";
  const lefts = alternatives(left);
  const rights = alternatives(right);
  if (lefts && rights) return combine(lefts.flatMap((a) => rights.map((b): Truth => (equals(a, b) ? "yes" : "no"))));
  if (rights) return combine(rights.map((value) => equalsKnown(left, value)));
  if (lefts) return combine(lefts.map((value) => equalsKnown(right, value)));
  if (left.kind === "text" && right.kind === "text") return mayBeSameText(left, right) ? "unknown" : "no";
  return (isObjectValue(left) && right.kind === "text") || (left.kind === "text" && isObjectValue(right))
    ? "no"
    : "unknown";
}

const isFiltered = (value: Value) => value.kind === "list" && value.filtered;

function combine(truths: readonly Truth[]): Truth {
  const first = truths[0] ?? "unknown";
  return truths.every((truth) => truth === first) ? first : "unknown";
}

function equalsKnown(value: Value, other: Json): Truth {
  if (value.kind === "text") {
    if (typeof other === "string") return mayMatch(value.pieces, other) ? "unknown" : "no";
    return typeof other === "object" && other !== null ? "no" : mayBeNumber(value) ? "unknown" : "no";
  }
  return isObjectValue(value) && (typeof other !== "object" || other === null) ? "no" : "unknown";
}

/** Whether text with holes can be the given text, regardless of case. */
function mayMatch(pieces: readonly Piece[], other: string): boolean {
  const whole = foldCase(other);
  const first = startPiece(pieces);
  const last = endPiece(pieces);
  if (whole.length < first.length + last.length || !whole.startsWith(first) || !whole.endsWith(last)) return false;
  let from = first.length;
  for (const piece of pieces.slice(first === "" ? 0 : 1, last === "" ? undefined : -1)) {
    if (piece === null) continue;
    const found = whole.indexOf(foldCase(piece), from);
    if (found < 0) return false;
    from = found + foldCase(piece).length;
  }
  return from <= whole.length - last.length;
}

const startPiece = (pieces: readonly Piece[]) => foldCase(pieces[0] ?? "");
const endPiece = (pieces: readonly Piece[]) => foldCase(pieces.at(-1) ?? "");

function mayBeSameText(a: TextValue, b: TextValue): boolean {
  const [startA, startB] = [startPiece(a.pieces), startPiece(b.pieces)];
  const [endA, endB] = [endPiece(a.pieces), endPiece(b.pieces)];
  return (startA.startsWith(startB) || startB.startsWith(startA)) && (endA.endsWith(endB) || endB.endsWith(endA));
}

/** Whether text with holes can be read as a number: all its known characters occur in numbers. */
function mayBeNumber({ pieces }: TextValue): boolean {
  return pieces.every((piece) => piece === null || /^[\s0-9a-fA-FxXoObB.eE+\-InityINITY]*$/.test(piece));
}

/** The pieces of a value as text; undefined where it may be of any type and so is a hole. */
function piecesOf(value: Value): readonly Piece[] {
  switch (value.kind) {
    case "known":
      return [toText(value.value)];
    case "text":
      return value.pieces;
    case "record":
      return ["Object"];
    case "list":
      return ["Array"];
    case "one-of":
    case "unknown":
      return [null];
    default:
      return value satisfies never;
  }
}

/** Text made of values in a row. */
export function concatenate(values: readonly Value[]): Value {
  return text(values.flatMap(piecesOf));
}

/** A function on values of which at least one is not fully known. */
export function callPartial(name: string, args: readonly Value[]): Value {
  switch (name) {
    case "contains":
      return truthValue(containsPartial(args[0]!, args[1]!));
    case "startswith":
      return truthValue(edgePartial(args[0]!, args[1]!, startsWithPieces));
    case "endswith":
      return truthValue(edgePartial(args[0]!, args[1]!, endsWithPieces));
    case "format":
      return formatPartial(args);
    case "join":
      return joinPartial(args);
    case "tojson":
    case "hashfiles":
      return anyText();
    default:
      return unknown;
  }
}

function containsPartial(search: Value, item: Value): Truth {
  if (search.kind === "record") return "no";
  const items = search.kind === "list" ? search.items : knownItems(search);
  if (items) {
    const answers = items.map((each) => equalsPartial(item, each));
    return answers.includes("yes") ? "yes" : answers.includes("unknown") ? "unknown" : "no";
  }
  if (isObjectValue(item)) return search.kind === "text" || search.kind === "known" ? "no" : "unknown";
  const wanted = piecesOf(item);
  const known = item.kind === "known" ? toText(item.value).toLowerCase() : undefined;
  if (search.kind === "text" && known !== undefined) {
    return search.pieces.some((piece) => piece?.toLowerCase().includes(known)) ? "yes" : "unknown";
  }
  if (search.kind === "known" && item.kind === "text") {
    const whole = toText(search.value).toLowerCase();
    return wanted.every((piece) => piece === null || whole.includes(piece.toLowerCase())) ? "unknown" : "no";
  }
  return "unknown";
}

function knownItems(value: Value): readonly Value[] | undefined {
  return value.kind === "known" && Array.isArray(value.value) ? value.value.map(known) : undefined;
}

function edgePartial(
  whole: Value,
  edge: Value,
  decide: (whole: readonly Piece[], edge: readonly Piece[]) => Truth,
): Truth {
  const never = (value: Value) =>
    isObjectValue(value) || (value.kind === "known" && typeof value.value === "object" && value.value !== null);
  if (never(whole) || never(edge)) return "no";
  // A value of any type may be an object, for which the answer is no.
  if (whole.kind === "unknown" || edge.kind === "unknown") return "unknown";
  return decide(piecesOf(whole), piecesOf(edge));
}

function startsWithPieces(whole: readonly Piece[], edge: readonly Piece[]): Truth {
  const [start, wanted] = [startPiece(whole), startPiece(edge)];
  if (!start.startsWith(wanted) && !(isOpen(whole) && wanted.startsWith(start))) return "no";
  return !isOpen(edge) && start.startsWith(wanted) ? "yes" : "unknown";
}

function endsWithPieces(whole: readonly Piece[], edge: readonly Piece[]): Truth {
  const [end, wanted] = [endPiece(whole), endPiece(edge)];
  if (!end.endsWith(wanted) && !(isOpen(whole) && wanted.endsWith(end))) return "no";
  return !isOpen(edge) && end.endsWith(wanted) ? "yes" : "unknown";
}

const isOpen = (pieces: readonly Piece[]) => pieces.includes(null);

function formatPartial([pattern, ...args]: readonly Value[]): Value {
  if (pattern?.kind !== "known") return anyText();
  const parts = splitFormat(toText(pattern.value), args.length);
  return text(parts.flatMap((part) => (typeof part === "number" ? piecesOf(args[part]!) : [part])));
}

function joinPartial([items, separator]: readonly Value[]): Value {
  const known = items && (items.kind === "list" ? items.items : knownItems(items));
  if (!known || (separator && separator.kind !== "known")) {
    return items?.kind === "record" ? { kind: "known", value: "" } : anyText();
  }
  const between = separatorOf(separator?.kind === "known" ? separator.value : undefined);
  return text(known.flatMap((item, i) => [...(i === 0 ? [] : [between]), ...piecesOf(item)]));
}

/** `case(p1, v1, …, default)`: predicates in order, each of which must be a boolean. */
export function decided(predicate: Value): Truth {
  const possible = alternatives(predicate);
  if (!possible) return "unknown";
  if (possible.some((value) => typeof value !== "boolean")) throw new EvaluationError("case needs boolean predicates");
  return combine(possible.map((value): Truth => (value ? "yes" : "no")));
}
