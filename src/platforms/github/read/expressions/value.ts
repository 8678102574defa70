/**
 * What is known about the value of an expression before a run: the value itself, a few possible values, its shape, or
 * nothing. Every operation is sound: whatever the unknown parts turn out to be, the real value is one that the result allows.
 */

import { truthy } from "./coerce.ts";
import type { Json } from "./syntax.ts";

export type Truth = "yes" | "no" | "unknown";

export interface KnownValue {
  readonly kind: "known";
  readonly value: Json;
}

/**
 * One of at least two values. The object is the variable: where an evaluation meets the same object twice, it is the same
 * value both times. Make one for each thing that varies, and use that one wherever the thing occurs.
 */
export interface OneOfValue {
  readonly kind: "one-of";
  readonly values: readonly Json[];
}

/** A string with holes: `null` stands for any text, also none. There is at least one hole, and no two are adjacent. */
export interface TextValue {
  readonly kind: "text";
  readonly pieces: readonly (string | null)[];
}

/** An object of which something is unknown: a value in it, or, where it is open, which further keys it has. */
export interface RecordValue {
  readonly kind: "record";
  /** By lower-case key. */
  readonly entries: ReadonlyMap<string, Value>;
  readonly open: boolean;
}

/** A list of which something is unknown, but not its length; or the result of `.*`, which passes indexing on to its items. */
export interface ListValue {
  readonly kind: "list";
  readonly items: readonly Value[];
  readonly filtered: boolean;
}

/** Anything, as far as `truth` allows. */
export interface UnknownValue {
  readonly kind: "unknown";
  readonly truth: Truth;
}

export type Value = KnownValue | OneOfValue | TextValue | RecordValue | ListValue | UnknownValue;

export const unknown: UnknownValue = { kind: "unknown", truth: "unknown" };

/** More alternatives than these are not told apart. */
export const MAX_ALTERNATIVES = 64;

export function known(value: Json): KnownValue {
  return { kind: "known", value };
}

/** A fresh variable over the given values; see `OneOfValue`. No values at all mean that nothing is known. */
export function oneOf(values: readonly Json[]): Value {
  const distinct: Json[] = [];
  for (const value of values) if (!distinct.some((other) => sameValue(other, value))) distinct.push(value);
  if (distinct.length === 0 || distinct.length > MAX_ALTERNATIVES) return unknown;
  return distinct.length === 1 ? known(distinct[0]!) : { kind: "one-of", values: distinct };
}

export function anyBoolean(): Value {
  return { kind: "one-of", values: [true, false] };
}

/** Any string. */
export function anyText(): Value {
  return { kind: "text", pieces: [null] };
}

/** A string from pieces, `null` for text that is not known. */
export function text(pieces: readonly (string | null)[]): Value {
  const merged: (string | null)[] = [];
  for (const piece of pieces) {
    const last = merged.at(-1);
    if (piece === "" || (piece === null && last === null)) continue;
    if (typeof piece === "string" && typeof last === "string") merged[merged.length - 1] = last + piece;
    else merged.push(piece);
  }
  return merged.includes(null) ? { kind: "text", pieces: merged } : known(merged.join(""));
}

/** An object with these entries and no others, or, where `open`, perhaps others. */
export function record(entries: Readonly<Record<string, Value>>, open: "open" | "closed" = "closed"): Value {
  const pairs = Object.entries(entries);
  if (open === "closed" && pairs.every(([, value]) => value.kind === "known")) {
    return known(Object.fromEntries(pairs.map(([key, value]) => [key, (value as KnownValue).value])));
  }
  const byKey = new Map<string, Value>();
  for (const [key, value] of pairs) if (!byKey.has(key.toLowerCase())) byKey.set(key.toLowerCase(), value);
  return { kind: "record", entries: byKey, open: open === "open" };
}

export function list(items: readonly Value[]): Value {
  if (items.every((item) => item.kind === "known")) return known(items.map((item) => item.value));
  return { kind: "list", items, filtered: false };
}

/** Whether the value counts as true. */
export function truthOf(value: Value): Truth {
  switch (value.kind) {
    case "known":
      return truthy(value.value) ? "yes" : "no";
    case "one-of":
      if (value.values.every(truthy)) return "yes";
      return value.values.some(truthy) ? "unknown" : "no";
    case "text":
      return value.pieces.some((piece) => piece !== null) ? "yes" : "unknown";
    case "record":
    case "list":
      return "yes";
    case "unknown":
      return value.truth;
    default:
      return value satisfies never;
  }
}

/** The possible values, where they are finitely many. */
export function alternatives(value: Value): readonly Json[] | undefined {
  if (value.kind === "known") return [value.value];
  return value.kind === "one-of" ? value.values : undefined;
}

/** What the value is if it counts as false: always finitely many. */
export function falsePart(value: Value): readonly Json[] {
  const possible = alternatives(value);
  if (possible) return possible.filter((each) => !truthy(each));
  if (truthOf(value) === "yes") return [];
  return value.kind === "text" ? [""] : [null, false, 0, Number.NaN, ""];
}

/** What the value is if it counts as true. */
export function truePart(value: Value): Value {
  const possible = alternatives(value);
  if (possible) return oneOf(possible.filter(truthy));
  return value.kind === "unknown" ? { kind: "unknown", truth: "yes" } : value;
}

/** One of two values. */
export function either(a: Value, b: Value): Value {
  const left = alternatives(a);
  const right = alternatives(b);
  if (left && right && left.length + right.length <= MAX_ALTERNATIVES) return oneOf([...left, ...right]);
  const truth = truthOf(a);
  return { kind: "unknown", truth: truth === truthOf(b) ? truth : "unknown" };
}

/** Equality of values as data: objects by identity, as GitHub compares them, and NaN equal to itself. */
function sameValue(a: Json, b: Json): boolean {
  return Object.is(a, b) || a === b;
}
