/** `!a`, `a == b`, `a && b`, `a + b`: unknown where a side of it is and decides. */

import type { Place } from "../../../../../findings/source.ts";
import type { Node } from "../../tree/node.ts";
import { areEqual, asNumber, asTruth, isHole, known, unknown } from "./values.ts";

type Sides = readonly (Node | undefined)[];

/** Undefined where Terraform refuses it. */
export function operate(operator: string, sides: Sides, at: Place): Node | undefined {
  const [a, b] = sides;
  if (!a) return undefined;
  if (sides.length === 1) return unary(operator, a, at);
  switch (operator) {
    case "&&":
    case "||":
      return logical(operator === "||", [a, b], at);
    case "==":
    case "!=":
      return b && equality(operator === "==", [a, b], at);
    default:
      return b && arithmetic(operator, [a, b], at);
  }
}

function unary(operator: string, a: Node, at: Place): Node | undefined {
  if (isHole(a)) return unknown(at);
  if (operator === "!") {
    const truth = asTruth(a);
    return truth === undefined ? undefined : known(!truth, at);
  }
  const number = asNumber(a);
  return number === undefined ? undefined : known(-number, at);
}

/** One side is enough where it decides. */
function logical(deciding: boolean, sides: Sides, at: Place): Node | undefined {
  const truths = sides.map(asTruth);
  if (truths.includes(deciding)) return known(deciding, at);
  if (truths.every((truth) => truth === !deciding)) return known(!deciding, at);
  return sides.some((side) => side && isHole(side)) ? unknown(at) : undefined;
}

function equality(wanted: boolean, [a, b]: readonly [Node, Node], at: Place): Node {
  const equal = areEqual(a, b);
  return equal === undefined ? unknown(at) : known(equal === wanted, at);
}

function arithmetic(operator: string, sides: readonly [Node, Node], at: Place): Node | undefined {
  if (sides.some(isHole)) return unknown(at);
  const [a, b] = sides.map(asNumber);
  if (a === undefined || b === undefined) return undefined;
  const result = calculations[operator]?.(a, b);
  return result === undefined || Number.isNaN(result) ? undefined : known(result, at);
}

const calculations: Readonly<Record<string, (a: number, b: number) => number | boolean>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => (b === 0 ? Number.NaN : a / b),
  "%": (a, b) => (b === 0 ? Number.NaN : a % b),
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};
