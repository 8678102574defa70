/** Types of variables: what they turn a value into. */

import { child, type MapEntry, type Node } from "../../tree/node.ts";
import { asNumber, asText, asTruth, isHole, isNull, known, list, map, setOf } from "../evaluate/values.ts";
import { type Expression, keyText } from "../syntax/expression.ts";

/** A default that a type gives to an attribute. */
type Defaults = (expression: Expression) => Node;

/** The value as Terraform hands it over. What does not fit its type stays as it is. */
export function conforming(node: Node, type: Expression | undefined, defaults: Defaults): Node {
  if (!type || isNull(node) || isHole(node)) return node;
  if (type.kind === "name") return scalar(node, type.name);
  if (type.kind !== "call") return node;
  const [inner] = type.values;
  switch (type.name) {
    case "list":
    case "set": {
      if (node.kind !== "list") return node;
      const items = node.items.map((item) => conforming(item, inner, defaults));
      const more = node.partial ? ({ partial: true } as const) : {};
      return type.name === "set" ? setOf(items, node.at, more) : list(items, node.at, more);
    }
    case "map":
      return node.kind === "map" ? eachEntry(node, (value) => conforming(value, inner, defaults)) : node;
    case "object":
      return node.kind === "map" && inner?.kind === "object" ? object(node, inner, defaults) : node;
    default:
      return node;
  }
}

function scalar(node: Node, type: string): Node {
  const value =
    type === "string" ? asText(node) : type === "number" ? asNumber(node) : type === "bool" ? asTruth(node) : undefined;
  return value === undefined ? node : known(value, node.at);
}

function eachEntry(node: Extract<Node, { kind: "map" }>, change: (value: Node) => Node): Node {
  return map(
    node.entries.map((entry) => ({ ...entry, value: change(entry.value) })),
    node.at,
    node.partial ? { partial: true } : {},
  );
}

/** Attributes that are left out and may be are there, with their default or null. */
function object(
  node: Extract<Node, { kind: "map" }>,
  type: Extract<Expression, { kind: "object" }>,
  defaults: Defaults,
): Node {
  const entries = type.items.flatMap(({ key, value }): MapEntry[] => {
    const name = keyText(key);
    if (name === undefined) return [];
    const optional = value.kind === "call" && value.name === "optional" ? value.values : undefined;
    const own = optional ? optional[0] : value;
    const given = child(node, name);
    const keyAt = node.entries.find((entry) => entry.key === name)?.keyAt ?? node.at;
    if (given && !(optional && isNull(given))) return [{ key: name, keyAt, value: conforming(given, own, defaults) }];
    if (!optional || (node.partial && !given)) return [];
    const fallback = optional[1] ? conforming(defaults(optional[1]), own, defaults) : known(null, node.at);
    return [{ key: name, keyAt, value: fallback }];
  });
  return map(entries, node.at, node.partial ? { partial: true } : {});
}
