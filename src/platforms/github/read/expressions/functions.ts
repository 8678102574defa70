/** GitHub's functions on known values. They throw `EvaluationError` where GitHub fails the evaluation. */

import { equals, foldCase, isObject, toText } from "./coerce.ts";
import type { Json } from "./syntax.ts";

/** An expression that GitHub could not evaluate: the job or step with it fails. */
export class EvaluationError extends Error {}

export type KnownFunction = (args: readonly Json[]) => Json;

function contains([search, item]: readonly Json[]): boolean {
  if (Array.isArray(search)) return search.some((each) => equals(item!, each));
  if (isObject(search!) || isObject(item!)) return false;
  return toText(search!).toLowerCase().includes(toText(item!).toLowerCase());
}

function startsWith([text, start]: readonly Json[]): boolean {
  if (isObject(text!) || isObject(start!)) return false;
  return foldCase(toText(text!)).startsWith(foldCase(toText(start!)));
}

function endsWith([text, end]: readonly Json[]): boolean {
  if (isObject(text!) || isObject(end!)) return false;
  return foldCase(toText(text!)).endsWith(foldCase(toText(end!)));
}

function join([items, given]: readonly Json[]): string {
  if (!isObject(items!)) return toText(items!);
  if (!Array.isArray(items)) return "";
  return items.map(toText).join(separatorOf(given));
}

/** `join` takes a separator that is no object, and a comma otherwise. */
export function separatorOf(given: Json | undefined): string {
  return given === undefined || isObject(given) ? "," : toText(given);
}

function format([pattern, ...args]: readonly Json[]): string {
  return splitFormat(toText(pattern!), args.length)
    .map((part) => (typeof part === "number" ? toText(args[part]!) : part))
    .join("");
}

/** A format string as its literal text and the numbers of the arguments it inserts. */
export function splitFormat(pattern: string, argCount: number): (string | number)[] {
  const parts: (string | number)[] = [];
  for (let i = 0; i < pattern.length; ) {
    const rest = pattern.slice(i);
    const literal = /^(?:[^{}]|\{\{|\}\})+/.exec(rest);
    if (literal) {
      parts.push(literal[0].replace(/\{\{|\}\}/g, (pair) => pair[0]!));
      i += literal[0].length;
      continue;
    }
    // GitHub ignores what stands between the number and the closing brace.
    const insert = /^\{(\d+)[^}]*\}/.exec(rest);
    if (!insert) throw new EvaluationError(`the format string is invalid: ${pattern}`);
    const index = Number(insert[1]);
    if (index >= argCount) throw new EvaluationError(`the format string names argument ${index}, which is not given`);
    parts.push(index);
    i += insert[0].length;
  }
  return parts;
}

function fromJson([text]: readonly Json[]): Json {
  try {
    return JSON.parse(toText(text!)) as Json;
  } catch {
    throw new EvaluationError("the text given to fromJSON is no JSON");
  }
}

function toJson([value]: readonly Json[]): string {
  return JSON.stringify(value, undefined, "  ");
}

/** By lower-case name. */
export const knownFunctions: ReadonlyMap<string, KnownFunction> = new Map<string, KnownFunction>([
  ["contains", contains],
  ["startswith", startsWith],
  ["endswith", endsWith],
  ["join", join],
  ["format", format],
  ["fromjson", fromJson],
  ["tojson", toJson],
]);
