/** Terraform's functions, those that pipelines are written with. Any other gives something unknown. */

import type { Node } from "../../tree/node.ts";
import { collectionFunctions } from "./collection-functions.ts";
import { documentFunctions } from "./document-functions.ts";
import type { Given, TerraformFunction } from "./given.ts";
import { textFunctions } from "./text-functions.ts";
import { asNumber, asText, asTruth, isHole, known, unknown } from "./values.ts";

/** Undefined where Terraform refuses the call. */
export function callFunction(name: string, given: Given): Node | undefined {
  const plainName = name.startsWith("core::") ? name.slice("core::".length) : name;
  const called = functions.get(plainName);
  return called ? called(given) : unknown(given.at, `${name}()`);
}

/** The value itself, once it is of this kind. */
function converted(convert: (node: Node) => string | number | boolean | undefined): TerraformFunction {
  return ({ at, value }) => {
    const node = value(0);
    if (!node || isHole(node)) return node;
    if (node.kind === "scalar" && node.value === null) return node;
    const result = convert(node);
    return result === undefined ? undefined : known(result, at);
  };
}

const valueFunctions: Readonly<Record<string, TerraformFunction>> = {
  try: ({ count, value, at }) => {
    for (let i = 0; i < count; i++) {
      const node = value(i);
      if (node) return node;
    }
    return unknown(at, "try()");
  },
  can: ({ value, at }) => {
    const node = value(0);
    return node && isHole(node) ? unknown(at, "can()") : known(node !== undefined, at);
  },
  coalesce: ({ count, value, at }) => {
    for (let i = 0; i < count; i++) {
      const node = value(i);
      if (!node) return undefined;
      if (node.kind !== "scalar" || isHole(node)) return isOpen(node) ? node : unknown(at, "coalesce()");
      if (node.value !== null && node.value !== "") return node;
    }
    return undefined;
  },
  sensitive: ({ value }) => value(0),
  nonsensitive: ({ value }) => value(0),
  ephemeralasnull: ({ value }) => value(0),
  tostring: ({ value }) => {
    const node = value(0);
    const text = asText(node);
    return node && text !== undefined ? known(text, node.at) : node?.kind === "scalar" ? node : undefined;
  },
  tonumber: converted(asNumber),
  tobool: converted(asTruth),
};

/** What one thing is called that there must be: neither null nor empty. */
function isOpen(node: Node): boolean {
  return node.kind === "scalar" && node.key?.length === 1 && node.key[0]!.kind === "expression";
}

const functions: ReadonlyMap<string, TerraformFunction> = new Map(
  Object.entries({ ...valueFunctions, ...collectionFunctions, ...textFunctions, ...documentFunctions }),
);
