/** How many of a block there are: one, or one for each key of `for_each` or number of `count`. */

import type { Place } from "../../../../../findings/source.ts";
import type { Node } from "../../tree/node.ts";
import { elementsOf } from "../evaluate/steps.ts";
import { asNumber, asText, isHole, isNull, known, map, unknown } from "../evaluate/values.ts";
import { type Names, noNames } from "../evaluate/world.ts";
import { type Expression, itemOf } from "../syntax/expression.ts";

/** More of one block are left out. */
const MAX_INSTANCES = 200;

export interface InstanceKey {
  /** As it follows the address: empty, `["name"]` or `[0]`. */
  readonly suffix: string;
  readonly names: Names;
}

export type Expansion =
  | { readonly kind: "single"; readonly keys: readonly [InstanceKey] }
  | { readonly kind: "list" | "map"; readonly keys: readonly InstanceKey[]; readonly partial: boolean }
  /** One that stands for all of them: what tells them apart is unknown in it. */
  | { readonly kind: "unknown"; readonly keys: readonly [InstanceKey] };

export function expand(body: Expression, evaluate: (expression: Expression) => Node): Expansion {
  const each = itemOf(body, "for_each");
  if (each) return overEach(evaluate(each), each.at);
  const count = itemOf(body, "count");
  if (count) return counted(evaluate(count), count.at);
  return { kind: "single", keys: [{ suffix: "", names: noNames }] };
}

function overEach(over: Node, at: Place): Expansion {
  const elements = elementsOf(over);
  if (elements === undefined && isNull(over)) return { kind: "map", keys: [], partial: false };
  const unsure: Expansion = {
    kind: "unknown",
    keys: [{ suffix: "", names: eachOf(unknown(at, "each.key"), unknown(at, "each.value")) }],
  };
  if (!elements || elements === "unknown") return unsure;
  const keys = elements.all.map(({ key, value }): InstanceKey | undefined => {
    const name = asText(key);
    return name === undefined ? undefined : { suffix: `["${name}"]`, names: eachOf(key, value) };
  });
  if (keys.includes(undefined)) return unsure;
  const isLong = keys.length > MAX_INSTANCES;
  return { kind: "map", keys: (keys as InstanceKey[]).slice(0, MAX_INSTANCES), partial: elements.partial || isLong };
}

function counted(count: Node, at: Place): Expansion {
  const number = asNumber(count);
  if (number === undefined || isHole(count)) {
    return { kind: "unknown", keys: [{ suffix: "", names: countOf(unknown(at, "count.index")) }] };
  }
  const length = Math.max(0, Math.min(Math.floor(number), MAX_INSTANCES));
  const keys = Array.from({ length }, (_, i): InstanceKey => ({ suffix: `[${i}]`, names: countOf(known(i, at)) }));
  return { kind: "list", keys, partial: number > MAX_INSTANCES };
}

function eachOf(key: Node, value: Node): Names {
  const entries = [
    { key: "key", keyAt: key.at, value: key },
    { key: "value", keyAt: value.at, value },
  ];
  return new Map([["each", map(entries, key.at)]]);
}

function countOf(index: Node): Names {
  return new Map([["count", map([{ key: "index", keyAt: index.at, value: index }], index.at)]]);
}
