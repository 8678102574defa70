import { Lexer, Parser } from "@actions/expressions";
import {
  Binary,
  ContextAccess,
  type Expr,
  FunctionCall,
  Grouping,
  IndexAccess,
  Literal,
  Logical,
  Star,
  Unary,
} from "@actions/expressions/ast";
import type { FunctionInfo } from "@actions/expressions/funcs/info";
import { TokenType } from "@actions/expressions/lexer";
import type { ComparisonOperator, Syntax } from "./syntax.ts";

export type ParsedExpression =
  | { readonly ok: true; readonly syntax: Syntax }
  | { readonly ok: false; readonly reason: string };

/** Every context there is. Which of them a certain key may use is left to GitHub's validator. */
const contexts = [
  "github",
  "env",
  "vars",
  "job",
  "jobs",
  "steps",
  "runner",
  "secrets",
  "strategy",
  "matrix",
  "needs",
  "inputs",
];

const anyNumber = Number.MAX_SAFE_INTEGER;

/** Functions beyond the grammar's own: the status of a job or run, and digests of files. */
const functions: FunctionInfo[] = [
  { name: "success", minArgs: 0, maxArgs: anyNumber },
  { name: "failure", minArgs: 0, maxArgs: anyNumber },
  { name: "cancelled", minArgs: 0, maxArgs: 0 },
  { name: "always", minArgs: 0, maxArgs: 0 },
  { name: "hashFiles", minArgs: 1, maxArgs: 255 },
];

/** The same few expressions stand in every workflow of a repository; the bound keeps a hostile one from filling memory. */
const parsed = new Map<string, ParsedExpression>();
const MAX_REMEMBERED = 5_000;

/** Parses an expression by GitHub's grammar: the text inside `${{ }}`, or that of an `if`. */
export function parseExpression(text: string): ParsedExpression {
  const known = parsed.get(text);
  if (known) return known;
  const fresh = parseFresh(text);
  if (parsed.size >= MAX_REMEMBERED) parsed.clear();
  parsed.set(text, fresh);
  return fresh;
}

function parseFresh(text: string): ParsedExpression {
  if (text.trim() === "") return { ok: false, reason: "An expression was expected" };
  try {
    const { tokens } = new Lexer(text).lex();
    return { ok: true, syntax: copy(new Parser(tokens, contexts, functions).parse()) };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

function copy(node: Expr): Syntax {
  if (node instanceof Literal) return { kind: "literal", value: literalValue(node) };
  if (node instanceof Grouping) return copy(node.group);
  if (node instanceof ContextAccess) return { kind: "context", name: node.name.lexeme.toLowerCase() };
  if (node instanceof IndexAccess) {
    const object = copy(node.expr);
    return node.index instanceof Star ? { kind: "star", object } : { kind: "index", object, index: copy(node.index) };
  }
  if (node instanceof FunctionCall) {
    return { kind: "call", name: node.functionName.lexeme.toLowerCase(), args: node.args.map(copy) };
  }
  if (node instanceof Unary) return { kind: "not", operand: copy(node.expr) };
  if (node instanceof Binary) {
    const operator = node.operator.lexeme as ComparisonOperator;
    return { kind: "compare", operator, left: copy(node.left), right: copy(node.right) };
  }
  if (node instanceof Logical) {
    return { kind: node.operator.type === TokenType.AND ? "and" : "or", operands: node.args.map(copy) };
  }
  throw new Error(`unexpected syntax: ${node.constructor.name}`);
}

function literalValue({ token, literal }: Literal): null | boolean | number | string {
  switch (token.type) {
    case TokenType.NULL:
      return null;
    case TokenType.TRUE:
      return true;
    case TokenType.FALSE:
      return false;
    case TokenType.NUMBER:
      return literal.number();
    // The library undoubles only the first '' of a string.
    case TokenType.STRING:
      return token.lexeme.slice(1, -1).replaceAll("''", "'");
    // `a.b` has its `b` as a literal with an identifier's token.
    default:
      return literal.coerceString();
  }
}

/** All nodes of a tree, parents before children. */
export function* walk(syntax: Syntax): Generator<Syntax> {
  yield syntax;
  for (const part of partsOf(syntax)) yield* walk(part);
}

function partsOf(syntax: Syntax): readonly Syntax[] {
  switch (syntax.kind) {
    case "literal":
    case "context":
      return [];
    case "index":
      return [syntax.object, syntax.index];
    case "star":
      return [syntax.object];
    case "call":
      return syntax.args;
    case "not":
      return [syntax.operand];
    case "compare":
      return [syntax.left, syntax.right];
    case "and":
    case "or":
      return syntax.operands;
    default:
      return syntax satisfies never;
  }
}

const statusFunctions = new Set(["success", "failure", "cancelled", "always"]);

/** Whether a status function is called anywhere in it; GitHub adds `success() &&` where none is. */
export function callsStatusFunction(syntax: Syntax): boolean {
  for (const node of walk(syntax)) if (node.kind === "call" && statusFunctions.has(node.name)) return true;
  return false;
}

/** `github.event.workflow_run.conclusion` as its keys in lower case, or undefined for what is no plain path. */
export function pathOf(syntax: Syntax): readonly string[] | undefined {
  if (syntax.kind === "context") return [syntax.name];
  if (syntax.kind === "star") {
    const object = pathOf(syntax.object);
    return object && [...object, "*"];
  }
  if (syntax.kind !== "index" || syntax.index.kind !== "literal" || typeof syntax.index.value !== "string") {
    return undefined;
  }
  const object = pathOf(syntax.object);
  return object && [...object, syntax.index.value.toLowerCase()];
}
