/** Random expressions, and random contexts with random parts of them unknown. */

import fc from "fast-check";
import type { Json } from "../../../../../src/platforms/github/read/expressions/syntax.ts";
import {
  list,
  oneOf,
  record,
  text,
  unknown,
  type Value,
} from "../../../../../src/platforms/github/read/expressions/value.ts";

const words = ["", "a", "A", "ab", "refs/heads/main", "success", "failure", "0", "1", "true", "x-1", "ı", "2e1", " 3 "];
export const scalar: fc.Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...words) },
  fc.constantFrom(null, true, false, 0, 1, -1, 2.5),
);

const keys = ["a", "b", "C", "result"];
export const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    { weight: 4, arbitrary: scalar },
    { weight: 1, arbitrary: fc.array(tie("value"), { maxLength: 3 }) },
    {
      weight: 2,
      arbitrary: fc.dictionary(fc.constantFrom(...keys), tie("value"), { maxKeys: 3, noNullPrototype: true }),
    },
  ),
})).value;

const literal = fc.oneof(
  fc.constantFrom(...words).map((word) => `'${word}'`),
  fc.constantFrom("true", "false", "null", "0", "1", "2.5", "NaN"),
);

const contextNames = ["github", "needs", "inputs"] as const;
const step = fc.oneof(
  fc.constantFrom(...keys, "B", "missing").map((key) => `.${key}`),
  fc.constantFrom(".*", "[0]", "['a']", "[1]"),
);
const access = fc
  .tuple(fc.constantFrom(...contextNames), fc.array(step, { minLength: 1, maxLength: 3 }))
  .map(([name, steps]) => name + steps.join(""));

const formats = ["{0}", "a{0}b", "{0}/{1}", "{{{0}}}", "x"];

/** Text of an expression over the contexts `github`, `needs` and `inputs`. */
export const expression: fc.Arbitrary<string> = fc.letrec<{ e: string }>((tie) => {
  const e = tie("e");
  const call = (name: string, ...args: fc.Arbitrary<string>[]) =>
    fc.tuple(...args).map((given) => `${name}(${given.join(", ")})`);
  return {
    e: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      { weight: 3, arbitrary: literal },
      { weight: 6, arbitrary: access },
      {
        weight: 2,
        arbitrary: fc
          .tuple(e, fc.constantFrom("==", "!=", "<", ">", "<=", ">="), e)
          .map(([a, o, b]) => `(${a} ${o} ${b})`),
      },
      { weight: 3, arbitrary: fc.tuple(e, fc.constantFrom("&&", "||"), e).map(([a, o, b]) => `(${a} ${o} ${b})`) },
      { weight: 1, arbitrary: e.map((a) => `!${a}`) },
      { weight: 1, arbitrary: call("contains", e, e) },
      { weight: 1, arbitrary: call("startsWith", e, e) },
      { weight: 1, arbitrary: call("endsWith", e, e) },
      { weight: 1, arbitrary: call("join", e) },
      { weight: 1, arbitrary: call("join", e, e) },
      { weight: 1, arbitrary: call("toJSON", e) },
      { weight: 1, arbitrary: call("fromJSON", call("toJSON", e)) },
      {
        weight: 1,
        arbitrary: call(
          "format",
          fc.constantFrom(...formats).map((f) => `'${f}'`),
          e,
          e,
        ),
      },
      { weight: 1, arbitrary: fc.tuple(e, e, e).map(([a, b, c]) => `case(!${a}, ${b}, ${c})`) },
    ),
  };
}).e;

/** The contexts as objects with a few entries. */
export const contexts: fc.Arbitrary<Record<(typeof contextNames)[number], Json>> = fc.record({
  github: fc.dictionary(fc.constantFrom(...keys), json, { maxKeys: 4, noNullPrototype: true }),
  needs: fc.dictionary(fc.constantFrom(...keys), json, { maxKeys: 4, noNullPrototype: true }),
  inputs: fc.dictionary(fc.constantFrom(...keys), json, { maxKeys: 4, noNullPrototype: true }),
});

/** Something that is known about a value: a choice list decides where to blur and how. */
export function blur(value: Json, choices: () => number): Value {
  const choice = choices() % 6;
  if (choice === 0) return unknown;
  if (choice === 1 && (typeof value !== "object" || value === null))
    return oneOf([value, words[choices() % words.length]!]);
  if (choice === 2 && typeof value === "string") {
    const [from, to] = [choices() % (value.length + 1), choices() % (value.length + 1)].sort((a, b) => a - b);
    return text([value.slice(0, from), null, value.slice(to)]);
  }
  if (Array.isArray(value)) return choice === 3 ? exact(value) : list(value.map((item) => blur(item, choices)));
  if (typeof value === "object" && value !== null) {
    if (choice === 3) return exact(value);
    const entries = Object.entries(value as { readonly [key: string]: Json });
    const kept = entries.filter(() => choice !== 4 || choices() % 2 === 0);
    // Keys that differ only in case would hide each other.
    const blurred = Object.fromEntries(kept.map(([key, item]) => [key, blur(item, choices)]));
    return record(blurred, kept.length < entries.length || choice === 4 ? "open" : "closed");
  }
  return exact(value);
}

const exact = (value: Json): Value => ({ kind: "known", value });
