import assert from "node:assert/strict";
import { test } from "node:test";
import { Evaluator, Lexer, Parser } from "@actions/expressions";
import type { Dictionary, ExpressionData } from "@actions/expressions/data/index";
import { replacer } from "@actions/expressions/data/replacer";
import { reviver } from "@actions/expressions/data/reviver";
import fc from "fast-check";
import { environment, evaluate } from "../../../../../src/platforms/github/read/expressions/evaluate.ts";
import { parseExpression } from "../../../../../src/platforms/github/read/expressions/parse.ts";
import type { Json, Syntax } from "../../../../../src/platforms/github/read/expressions/syntax.ts";
import { known, truthOf, type Value } from "../../../../../src/platforms/github/read/expressions/value.ts";
import { tries } from "../../../../lane/depth.ts";
import { blur, contexts, expression } from "./arbitrary.ts";

const runs = tries(3_000);

function syntaxOf(text: string): Syntax {
  const parsed = parseExpression(text);
  assert.ok(parsed.ok, text);
  return parsed.syntax;
}

type Contexts = Record<string, Json>;

/** What GitHub's own evaluator says, or undefined where it fails. */
function reference(text: string, given: Contexts): { value: Json } | undefined {
  const parser = new Parser(new Lexer(text).lex().tokens, Object.keys(given), []);
  const data = JSON.parse(JSON.stringify(given), reviver) as Dictionary;
  let result: ExpressionData;
  try {
    result = new Evaluator(parser.parse(), data).evaluate();
  } catch {
    return undefined;
  }
  // Not through JSON: it has no NaN.
  if (result.primitive) return { value: "value" in result ? (result.value as Json) : null };
  return { value: JSON.parse(JSON.stringify(result, replacer)) as Json };
}

test("agrees with GitHub's evaluator where everything is known", () => {
  fc.assert(
    fc.property(expression, contexts, (text, given) => {
      const expected = reference(text, given);
      const result = evaluate(
        syntaxOf(text),
        environment(Object.fromEntries(Object.entries(given).map(([name, value]) => [name, known(value)]))),
      );
      if (!expected) return assert.equal(result.kind, "unknown", text);
      assert.ok(result.kind === "known", `${text} is ${JSON.stringify(result)}`);
      assert.deepEqual(plain(result.value), plain(expected.value), text);
    }),
    runs,
  );
});

/** The same data whatever the prototypes. */
function plain(value: Json): unknown {
  return Number.isNaN(value) ? "NaN" : JSON.parse(JSON.stringify(value));
}

test("whatever the unknown parts turn out to be, the real value is one that the result allows", () => {
  fc.assert(
    fc.property(expression, contexts, fc.infiniteStream(fc.nat(1000)), (text, given, stream) => {
      const choices = () => stream.next().value as number;
      const blurred = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, blur(value, choices)]));
      const expected = reference(text, given);
      const result = evaluate(syntaxOf(text), environment(blurred));
      if (!expected) return;
      assert.ok(allows(result, expected.value), `${text} is ${JSON.stringify(expected)} but not in ${show(result)}`);
    }),
    tries(10_000),
  );
});

function show(value: Value): string {
  return JSON.stringify(value, (_, each) => (each instanceof Map ? Object.fromEntries(each) : each));
}

/** Whether a known value is one of those that `value` stands for. */
function allows(value: Value, real: Json): boolean {
  const truth = truthOf(value);
  if (truth !== "unknown" && truth !== (real ? "yes" : "no")) return false;
  switch (value.kind) {
    case "known":
      return JSON.stringify(plain(value.value)) === JSON.stringify(plain(real));
    case "one-of":
      return value.values.some((each) => JSON.stringify(plain(each)) === JSON.stringify(plain(real)));
    case "text":
      return typeof real === "string" && fits(value.pieces, real);
    case "record": {
      if (typeof real !== "object" || real === null || Array.isArray(real)) return false;
      const entries = Object.entries(real);
      const named = entries.every(([key, item]) => {
        const entry = value.entries.get(key.toLowerCase());
        return entry ? allows(entry, item as Json) : value.open;
      });
      return named && (value.open || entries.length >= value.entries.size);
    }
    case "list":
      return (
        Array.isArray(real) &&
        real.length === value.items.length &&
        value.items.every((item, i) => allows(item, real[i]))
      );
    case "unknown":
      return true;
    default:
      return value satisfies never;
  }
}

function fits(pieces: readonly (string | null)[], real: string): boolean {
  const pattern = pieces.map((piece) => (piece === null ? "[^]*" : piece.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")));
  return new RegExp(`^${pattern.join("")}$`).test(real);
}
