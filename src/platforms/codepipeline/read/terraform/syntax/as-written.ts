/** Expressions as they are written, nothing of them evaluated: what is no plain text shows its source. */

import type { MapEntry, Node } from "../../tree/node.ts";
import { type Expression, keyText, type TemplatePart } from "./expression.ts";

/** Functions that print what they are given. */
const printing: ReadonlySet<string> = new Set([
  "jsonencode",
  "yamlencode",
  "sensitive",
  "nonsensitive",
  "tostring",
  "trimspace",
]);

export function asWritten(expression: Expression): Node {
  const { at } = expression;
  switch (expression.kind) {
    case "literal":
      return { kind: "scalar", value: expression.value, at };
    case "template":
      return { kind: "scalar", value: textOf(expression.parts), at };
    case "object": {
      const entries = expression.items.map(({ key, value }): MapEntry => {
        return { key: keyText(key) ?? shown(key), keyAt: key.at, value: asWritten(value) };
      });
      return { kind: "map", entries, at };
    }
    case "tuple":
      return { kind: "list", items: expression.items.map(asWritten), at };
    case "dynamic":
      return { kind: "list", items: [asWritten(expression.over), asWritten(expression.content)], at };
    case "call": {
      const [first] = expression.values;
      if (first && printing.has(expression.name)) return asWritten(first);
      return { kind: "list", items: expression.values.map(asWritten), at };
    }
    case "conditional":
      return { kind: "list", items: [asWritten(expression.then), asWritten(expression.otherwise)], at };
    case "for":
      return { kind: "list", items: [asWritten(expression.over), asWritten(expression.value)], at };
    case "name":
    case "attribute":
    case "index":
    case "splat":
    case "operation":
    case "unreadable":
      return { kind: "scalar", value: `\${${shown(expression)}}`, at };
    default:
      return expression satisfies never;
  }
}

function textOf(parts: readonly TemplatePart[]): string {
  return parts
    .map((part) => (part.kind === "text" ? part.text : part.kind === "interpolation" ? "${…}" : "%{…}"))
    .join("");
}

function shown({ at }: Expression): string {
  return at.source.text.slice(at.start, at.end);
}
