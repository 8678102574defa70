/** The steps of a path: `.name`, `["key"]`, `[0]`, and the elements that loops walk over. */

import type { KeyPart } from "../../../../../facts/access.ts";
import type { Place } from "../../../../../findings/source.ts";
import { child, type Node } from "../../tree/node.ts";
import { asNumber, asText, isHole, known, openValue, sorted, unknown } from "./values.ts";

export type AccessStep =
  | { readonly kind: "attribute"; readonly name: string; readonly at: Place }
  | { readonly kind: "index"; readonly key: Node; readonly at: Place };

/** What a step leads to; undefined where Terraform refuses it. */
export function stepInto(node: Node, step: AccessStep): Node | undefined {
  if (isHole(node)) return intoHole(node.key, step);
  const key = step.kind === "attribute" ? step.name : asText(step.key);
  if (node.kind === "scalar") return undefined;
  if (key === undefined) return step.kind === "index" && isHole(step.key) ? unknown(step.at) : undefined;
  if (node.kind === "map") return child(node, key) ?? (node.partial ? unknown(step.at) : undefined);
  const index = step.kind === "index" ? asNumber(step.key) : undefined;
  if (index === undefined) return undefined;
  return node.items[index] ?? (node.partial ? unknown(step.at) : undefined);
}

export function along(node: Node | undefined, steps: readonly AccessStep[]): Node | undefined {
  let at = node;
  for (const step of steps) at = at && stepInto(at, step);
  return at;
}

/** Of one thing that is not known, the same part is the same each time. */
function intoHole(key: readonly KeyPart[], step: AccessStep): Node {
  const [part] = key;
  const name = nameOf(step);
  if (key.length !== 1 || part?.kind !== "expression" || name === undefined) return unknown(step.at);
  return openValue({ kind: "expression", text: part.text + name }, step.at);
}

/** As it is written in a path; undefined where that is not known. */
export function nameOf(step: AccessStep): string | undefined {
  if (step.kind === "attribute") return `.${step.name}`;
  const number = asNumber(step.key);
  const text = asText(step.key);
  return number !== undefined ? `[${number}]` : text === undefined ? undefined : `["${text}"]`;
}

export interface Element {
  readonly key: Node;
  readonly value: Node;
}

export interface Elements {
  readonly all: readonly Element[];
  /** There may be others. */
  readonly partial: boolean;
}

/** What a loop walks over, in its order: "unknown", or undefined where it is nothing to walk over. */
export function elementsOf(node: Node): Elements | "unknown" | undefined {
  if (isHole(node)) return "unknown";
  switch (node.kind) {
    case "scalar":
      return undefined;
    case "list": {
      const keyOf = (value: Node, i: number): Node => (node.isSet ? value : known(i, value.at));
      return { all: node.items.map((value, i) => ({ key: keyOf(value, i), value })), partial: node.partial === true };
    }
    case "map": {
      const all = sorted(node.entries).map(({ key, keyAt, value }) => ({ key: known(key, keyAt), value }));
      return { all, partial: node.partial === true };
    }
    default:
      return node satisfies never;
  }
}
