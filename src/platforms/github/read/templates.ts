import type { Place } from "../../../findings/source.ts";
import type { Condition, Expression, Template, TemplatePart } from "../workflow.ts";
import { callsStatusFunction, parseExpression } from "./expressions/parse.ts";
import { scalarText, type YamlScalar } from "./yaml/node.ts";

const OPEN = "${{";
const CLOSE = "}}";

/** Splits a scalar into literal text and expressions. */
export function readTemplate(scalar: YamlScalar): Template {
  const raw = scalarText(scalar);
  return { raw, parts: splitParts(raw, scalar.at), at: scalar.at };
}

/** A template of known text, for values that GitHub supplies itself. */
export function literalTemplate(text: string, at: Place): Template {
  return { raw: text, parts: text === "" ? [] : [{ kind: "text", text }], at };
}

/** The expression of a template that is one expression and nothing else: its value keeps its type. */
export function soleExpression(template: Template): Expression | undefined {
  const only = template.parts.length === 1 ? template.parts[0] : undefined;
  return only?.kind === "expression" ? only.expression : undefined;
}

function splitParts(raw: string, at: Place): TemplatePart[] {
  let open = raw.indexOf(OPEN);
  if (open < 0) return raw === "" ? [] : [{ kind: "text", text: raw }];
  const parts: TemplatePart[] = [];
  const places = new ExpressionPlaces(raw, at);
  let from = 0;
  while (open >= 0) {
    const end = closingOffset(raw, open + OPEN.length);
    if (open > from) parts.push({ kind: "text", text: raw.slice(from, open) });
    const place = places.next(open, end ?? raw.length);
    if (end === undefined) {
      const reason = `the expression is not closed: ${OPEN} has no ${CLOSE}`;
      parts.push({ kind: "expression", expression: { kind: "unknown", text: raw.slice(open), reason, at: place } });
      return parts;
    }
    parts.push({
      kind: "expression",
      expression: readExpression(raw.slice(open + OPEN.length, end - 2).trim(), place),
    });
    from = end;
    open = raw.indexOf(OPEN, from);
  }
  if (from < raw.length) parts.push({ kind: "text", text: raw.slice(from) });
  return parts;
}

/** Offset behind the `}}` that ends an expression; braces inside its quoted strings do not. */
function closingOffset(raw: string, from: number): number | undefined {
  let quoted = false;
  for (let i = from; i < raw.length; i++) {
    if (raw[i] === "'") quoted = !quoted;
    else if (!quoted && raw[i] === "}" && raw[i + 1] === "}") return i + CLOSE.length;
  }
  return undefined;
}

function readExpression(text: string, at: Place): Expression {
  const parsed = parseExpression(text);
  return parsed.ok
    ? { kind: "expression", text, syntax: parsed.syntax, at }
    : { kind: "unknown", text, reason: parsed.reason, at };
}

/**
 * Finds the expressions of a scalar again in the file. Where the value stands in the file as it is, offsets carry over;
 * where YAML folded, dedented or unescaped it, the n-th `${{` of the value is the n-th of the source.
 */
class ExpressionPlaces {
  private readonly at: Place;
  private readonly shift: number | undefined;
  private searchFrom: number;

  constructor(raw: string, at: Place) {
    const written = at.source.text.slice(at.start, at.end);
    this.at = at;
    this.shift = written === raw ? at.start : written.slice(1, -1) === raw ? at.start + 1 : undefined;
    this.searchFrom = at.start;
  }

  next(open: number, end: number): Place {
    const { source } = this.at;
    if (this.shift !== undefined) return { source, start: this.shift + open, end: this.shift + end };
    const start = source.text.indexOf(OPEN, this.searchFrom);
    if (start < 0 || start >= this.at.end) return this.at;
    const close = closingOffset(source.text, start + OPEN.length);
    this.searchFrom = close !== undefined && close <= this.at.end ? close : this.at.end;
    return { source, start, end: this.searchFrom };
  }
}

/** Reads an `if`: an expression with or without `${{ }}`; empty means `success()`. */
export function readCondition(scalar: YamlScalar): Condition {
  const raw = scalarText(scalar);
  const template = readTemplate(scalar);
  const expressions = template.parts.filter((part) => part.kind === "expression");
  const sole = soleExpression(template);
  const text = raw.trim();
  const mixedWithText = expressions.length > 0 && sole === undefined;
  const expression: Expression =
    sole ?? readExpression(mixedWithText ? concatenation(template) : text === "" ? "success()" : text, scalar.at);
  const hasStatusFunction = expression.kind === "expression" && callsStatusFunction(expression.syntax);
  return { raw, expression, hasStatusFunction, mixedWithText, at: scalar.at };
}

/** What GitHub makes of text around expressions: one call of `format`. */
function concatenation(template: Template): string {
  const args: string[] = [];
  const pattern = template.parts.map((part) => {
    if (part.kind === "text") return part.text.replace(/[{}]/g, "$&$&").replaceAll("'", "''");
    args.push(part.expression.text);
    return `{${args.length - 1}}`;
  });
  return `format(${[`'${pattern.join("")}'`, ...args].join(", ")})`;
}
