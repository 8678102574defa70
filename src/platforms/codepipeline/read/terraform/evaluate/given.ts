import type { Place } from "../../../../../findings/source.ts";
import type { Node } from "../../tree/node.ts";
import type { Expression } from "../syntax/expression.ts";
import { isWhole, type Plain, plain } from "./values.ts";
import type { Names, World } from "./world.ts";

/** A call: what a function is given, each value evaluated when it is asked for. */
export interface Given {
  readonly at: Place;
  readonly world: World;
  readonly count: number;
  /** Undefined where Terraform refuses the expression, or there is none. */
  value(index: number): Node | undefined;
  /** A template with names of its own. */
  render(template: Expression, names: Names): Node | undefined;
}

/** Undefined where Terraform refuses the call. */
export type TerraformFunction = (given: Given) => Node | undefined;

/** All values, unless Terraform refuses one of them. */
export function valuesOf({ count, value }: Given): Node[] | undefined {
  const values: Node[] = [];
  for (let i = 0; i < count; i++) {
    const node = value(i);
    if (!node) return undefined;
    values.push(node);
  }
  return values;
}

/** All values as they are, "unknown" where one of them is not wholly known. */
export function plainValues(given: Given): readonly Plain[] | "unknown" | undefined {
  const values = valuesOf(given);
  if (!values) return undefined;
  return values.every(isWhole) ? values.map(plain) : "unknown";
}
