/** GitHub's conversions and comparisons, on values that are known. */

import type { ComparisonOperator, Json } from "./syntax.ts";

export function isObject(value: Json): value is readonly Json[] | { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null;
}

/** JavaScript and GitHub agree on this: null, false, 0, NaN and the empty string are false. */
export function truthy(value: Json): boolean {
  return Boolean(value);
}

/** As a number: NaN for objects and for text that is no number. */
export function toNumber(value: Json): number {
  if (value === null) return 0;
  return isObject(value) ? Number.NaN : Number(value);
}

/** As text: `Object` and `Array` for what has no text of its own. */
export function toText(value: Json): string {
  if (value === null) return "";
  if (isObject(value)) return Array.isArray(value) ? "Array" : "Object";
  if (typeof value !== "number") return String(value);
  // At most 15 decimals, without trailing zeros; and no negative zero.
  return value === 0 ? "0" : (+value.toFixed(15)).toString();
}

/** Upper case for comparison; the dotless i stays what it is. */
export function foldCase(text: string): string {
  return text.includes("ı")
    ? text
        .split("ı")
        .map((part) => part.toUpperCase())
        .join("ı")
    : text.toUpperCase();
}

/** Text is compared regardless of case, objects by identity, and values of two types as numbers. */
export function equals(a: Json, b: Json): boolean {
  if (isObject(a) || isObject(b)) return a === b;
  if (a === null && b === null) return true;
  if (typeof a === "string" && typeof b === "string") return foldCase(a) === foldCase(b);
  if (typeof a === "boolean" && typeof b === "boolean") return a === b;
  return toNumber(a) === toNumber(b);
}

function less(a: Json, b: Json): boolean {
  if (isObject(a) || isObject(b) || (a === null && b === null)) return false;
  if (typeof a === "string" && typeof b === "string") return foldCase(a) < foldCase(b);
  return toNumber(a) < toNumber(b);
}

export function compare(operator: ComparisonOperator, a: Json, b: Json): boolean {
  switch (operator) {
    case "==":
      return equals(a, b);
    case "!=":
      return !equals(a, b);
    case "<":
      return less(a, b);
    case ">":
      return less(b, a);
    case "<=":
      return equals(a, b) || less(a, b);
    case ">=":
      return equals(a, b) || less(b, a);
    default:
      return operator satisfies never;
  }
}

/** The position in a list that an index means, or undefined where it means none. */
export function toPosition(index: Json): number | undefined {
  const number = toNumber(index);
  return Number.isFinite(number) && number >= 0 ? Math.floor(number) : undefined;
}

/** The value of a key, found regardless of case; of keys that differ only in case the first one counts. */
export function property(object: { readonly [key: string]: Json }, key: string): Json | undefined {
  const wanted = key.toLowerCase();
  for (const name of Object.keys(object)) if (name.toLowerCase() === wanted) return object[name];
  return undefined;
}
