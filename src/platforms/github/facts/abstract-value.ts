/**
 * What an expression can be when only part of its contexts is known.
 *
 * Two kinds of not knowing are kept apart. A value that is `free` does not depend on how other work ended (a variable, a
 * dispatch input, who pushed): to ask whether something can happen, it may be assumed. A value that is `made` comes from
 * other work (an output, a file): it may be somebody's guard, so nothing is assumed about it.
 */

import { pathOf } from "../read/expressions/parse.ts";
import type { Json, Syntax } from "../workflow.ts";

/** 0 impossible, 1 depends on values that are made, 2 possible by free choice, 3 certain. */
export type Chance = 0 | 1 | 2 | 3;

export type AbstractValue =
  | { readonly kind: "known"; readonly value: Json }
  | { readonly kind: "open"; readonly truthy: Chance; readonly falsy: Chance };

export const free: AbstractValue = { kind: "open", truthy: 2, falsy: 2 };
export const made: AbstractValue = { kind: "open", truthy: 1, falsy: 1 };
export const nothing: AbstractValue = { kind: "known", value: null };

export function known(value: Json): AbstractValue {
  return { kind: "known", value };
}

/** A value of which nothing is known because other work makes it. Only inside of lists. */
export const MADE = "\u0000made";
/** Stands for this repository's own name where no clone tells it. Equal to itself; against other text it is open. */
export const THIS_REPOSITORY = "\u0000this repository";
/** Some value that is there but not known: not empty, and not equal to anything certain. */
export const SOME = "\u0000some";
/** A repository that is not this one. */
export const OTHER_REPOSITORY = "\u0000other repository";

/** Contexts and status functions as the one who asks knows them. */
export interface Surroundings {
  /** `path` in lower case, e.g. `["github", "event", "workflow_run", "conclusion"]`. */
  context(path: readonly string[]): AbstractValue;
  status(name: "success" | "failure" | "cancelled" | "always"): AbstractValue;
  /** A value to take for one node of the tree, to see what hangs on it. */
  readonly supposed?: { readonly node: Syntax; readonly value: AbstractValue } | undefined;
}

export function truthyChance(value: AbstractValue): Chance {
  return value.kind === "open" ? value.truthy : isTruthy(value.value) ? 3 : 0;
}

function falsyChance(value: AbstractValue): Chance {
  return value.kind === "open" ? value.falsy : isTruthy(value.value) ? 0 : 3;
}

function isTruthy(value: Json): boolean {
  return value !== null && value !== false && value !== 0 && value !== "" && !Number.isNaN(value);
}

/** Open with the weaker kind of chance of everything that went into it. */
function mixed(values: readonly AbstractValue[]): AbstractValue {
  return values.some((value) => value.kind === "open" && Math.max(value.truthy, value.falsy) <= 1) ? made : free;
}

export function evaluate(syntax: Syntax, around: Surroundings): AbstractValue {
  if (around.supposed?.node === syntax) return around.supposed.value;
  switch (syntax.kind) {
    case "literal":
      return known(syntax.value);
    case "context":
    case "index":
    case "star":
      return access(syntax, around);
    case "call":
      return call(syntax.name, syntax.args, around);
    case "not": {
      const value = evaluate(syntax.operand, around);
      if (value.kind === "known") return known(!isTruthy(value.value));
      return { kind: "open", truthy: value.falsy, falsy: value.truthy };
    }
    case "compare":
      return compare(syntax.operator, evaluate(syntax.left, around), evaluate(syntax.right, around));
    case "and":
      return chain(syntax.operands, around, "and");
    case "or":
      return chain(syntax.operands, around, "or");
    default:
      return syntax satisfies never;
  }
}

function chain(operands: readonly Syntax[], around: Surroundings, kind: "and" | "or"): AbstractValue {
  let truthy: Chance = kind === "and" ? 3 : 0;
  let falsy: Chance = kind === "and" ? 0 : 3;
  let open = false;
  let last: AbstractValue = nothing;
  for (const operand of operands) {
    last = evaluate(operand, around);
    const t = truthyChance(last);
    const f = falsyChance(last);
    // What decides ends the chain; nothing behind it matters.
    if (!open && (kind === "and" ? t === 0 : f === 0)) return last;
    if (last.kind === "open") open = true;
    truthy = (kind === "and" ? Math.min(truthy, t) : Math.max(truthy, t)) as Chance;
    falsy = (kind === "and" ? Math.max(falsy, f) : Math.min(falsy, f)) as Chance;
  }
  if (!open) return last;
  if (kind === "and" && truthy === 0) return known(false);
  if (kind === "or" && falsy === 0 && truthy === 3) return known(SOME);
  return { kind: "open", truthy, falsy };
}

function access(syntax: Syntax, around: Surroundings): AbstractValue {
  const path = pathOf(syntax);
  if (path) return around.context(path);
  if (syntax.kind === "index") {
    const object = evaluate(syntax.object, around);
    const index = evaluate(syntax.index, around);
    if (object.kind === "known" && index.kind === "known") return known(memberOf(object.value, index.value));
    return mixed([object, index]);
  }
  if (syntax.kind === "star") {
    const object = evaluate(syntax.object, around);
    return object.kind === "known" && object.value === null ? known([]) : mixed([object]);
  }
  return made;
}

function memberOf(object: Json, index: Json): Json {
  if (Array.isArray(object)) return typeof index === "number" ? (object[index] ?? null) : null;
  if (object === null || typeof object !== "object" || typeof index !== "string") return null;
  const found = Object.entries(object).find(([key]) => key.toLowerCase() === index.toLowerCase());
  return found ? (found[1] as Json) : null;
}

const secretMarks = new Set<Json>([THIS_REPOSITORY, SOME]);

function compare(operator: string, left: AbstractValue, right: AbstractValue): AbstractValue {
  if (left.kind !== "known" || right.kind !== "known") return mixed([left, right]);
  const [a, b] = [left.value, right.value];
  const equality = operator === "==" || operator === "!=";
  const empty = (value: Json) => value === "" || value === null || value === false || value === 0;
  if (secretMarks.has(a) || secretMarks.has(b)) {
    if (!equality) return free;
    const other = secretMarks.has(a) ? b : a;
    const same = a === b && a === THIS_REPOSITORY;
    const different = empty(other) || other === OTHER_REPOSITORY;
    if (!same && !different) return free;
    return known((operator === "==") === same);
  }
  if (equality) return known((operator === "==") === looselyEqual(a, b));
  const order = looseOrder(a, b);
  if (order === undefined) return known(false);
  return known(
    operator === "<" ? order < 0 : operator === "<=" ? order <= 0 : operator === ">" ? order > 0 : order >= 0,
  );
}

function toNumber(value: Json): number {
  if (value === null) return 0;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "number") return value;
  if (typeof value === "string") return value.trim() === "" ? 0 : Number(value);
  return Number.NaN;
}

/** GitHub compares strings regardless of case, and everything else as numbers when the types differ. */
function looselyEqual(a: Json, b: Json): boolean {
  if (typeof a === "string" && typeof b === "string") return a.toLowerCase() === b.toLowerCase();
  if (typeof a === typeof b && (a === null) === (b === null)) return a === b;
  return toNumber(a) === toNumber(b);
}

function looseOrder(a: Json, b: Json): number | undefined {
  if (typeof a === "string" && typeof b === "string") {
    const [x, y] = [a.toLowerCase(), b.toLowerCase()];
    return x < y ? -1 : x > y ? 1 : 0;
  }
  const difference = toNumber(a) - toNumber(b);
  return Number.isNaN(difference) ? undefined : difference;
}

function call(name: string, args: readonly Syntax[], around: Surroundings): AbstractValue {
  if (name === "success" || name === "failure" || name === "cancelled" || name === "always") return around.status(name);
  const values = args.map((arg) => evaluate(arg, around));
  if (name === "hashfiles") return made;
  const [first, second] = values;
  if (name === "contains" && args[0]?.kind === "star" && first?.kind === "open") return first;
  if (values.some((value) => value.kind === "open")) return mixed(values);
  const plain = values.map((value) => (value.kind === "known" ? value.value : null));
  if (plain.some((value) => secretMarks.has(value) || value === OTHER_REPOSITORY)) return free;
  const [list] = plain;
  if (Array.isArray(list) && list.some((item) => item === SOME || item === MADE))
    return inOpenList(name, list, plain[1]);
  switch (name) {
    case "contains": {
      const [searched, item] = plain as [Json, Json];
      if (Array.isArray(searched)) return known(searched.some((each) => looselyEqual(each, item)));
      return known(textOf(searched).toLowerCase().includes(textOf(item).toLowerCase()));
    }
    case "startswith":
      return known(textOf(plain[0]!).toLowerCase().startsWith(textOf(plain[1]!).toLowerCase()));
    case "endswith":
      return known(textOf(plain[0]!).toLowerCase().endsWith(textOf(plain[1]!).toLowerCase()));
    case "format":
      return known(
        textOf(plain[0]!).replace(/\{\{|\}\}|\{(\d+)\}/g, (match, index: string | undefined) =>
          index === undefined ? match[0]! : textOf(plain[Number(index) + 1] ?? null),
        ),
      );
    case "join": {
      const list = plain[0]!;
      const separator = second?.kind === "known" ? textOf(second.value) : ",";
      return known(Array.isArray(list) ? list.map(textOf).join(separator) : textOf(list));
    }
    case "tojson":
      return known(JSON.stringify(plain[0]));
    case "fromjson":
      try {
        return known(JSON.parse(textOf(plain[0]!)) as Json);
      } catch {
        return made;
      }
    default:
      return made;
  }
}

/** A list with members that are not known: what it holds for certain, it holds. */
function inOpenList(name: string, list: readonly Json[], item: Json | undefined): AbstractValue {
  if (name === "contains" && item !== undefined && list.some((each) => looselyEqual(each, item))) return known(true);
  return list.includes(MADE) ? made : free;
}

export function textOf(value: Json): string {
  if (value === null) return "";
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return Array.isArray(value) ? "Array" : "Object";
}

export function isTrue(value: AbstractValue): "yes" | "no" | "unknown" {
  const chance = truthyChance(value);
  return chance === 3 ? "yes" : chance === 0 ? "no" : "unknown";
}
